"""What the page of an export says in English and Korean: sections, what they are, fields, and words of ours."""

TITLE = ("What is held about you", "귀하에 관해 보유한 정보")
INTRODUCTION = (
    "This page has everything that is held about you, as of the time below. Times are UTC (in Korea nine hours later)."
    " An id stands in small letters beside its name. If something here is wrong, you may ask for its correction.",
    "이 페이지는 아래 시각을 기준으로 귀하에 관해 보유한 모든 정보를 담고 있습니다. 시각은 모두 UTC이며 한국 시각은"
    " 여기에 9시간을 더한 것입니다. 이름 옆의 작은 글씨는 식별 번호입니다. 잘못된 정보가 있으면 정정을 요구하실 수"
    " 있습니다.",
)
NOTHING = ("Nothing", "없음")
YES, NO = ("yes", "예"), ("no", "아니요")
BEGINNING, PRESENT = ("from the beginning", "처음부터"), ("until now", "현재까지")

SECTIONS = {
    "companies": ("Who answers for your data", "개인정보 처리자"),
    "profile": ("Profile", "프로필"),
    "identifiers": ("Identifiers, and since when they are yours", "식별자와 귀속 기간"),
    "traits": ("Traits, and where each comes from", "속성과 그 출처"),
    "consent": ("Consent", "동의"),
    "consent_records": ("Consent records", "동의 기록"),
    "refused": ("Messages about you that were not taken", "접수되지 않은 메시지"),
    "segments": ("Segments", "세그먼트"),
    "computed": ("What is computed of your data", "데이터에서 계산된 값"),
    "counts": ("Events by name", "이름별 이벤트 수"),
    "groups": ("Groups", "그룹"),
    "decisions": ("Why these data are held as one person's", "한 사람의 정보로 연결된 이유"),
    "disclosures": ("Where your data went", "제공된 곳"),
    "accesses": ("Who saw or changed your data", "열람 및 변경 기록"),
    "requests": ("Your requests", "요청 내역"),
    "contacts": ("Contacts with you", "상담 및 연락 기록"),
    "events": ("Events", "이벤트"),
}

ABOUT = {
    "companies": (
        "Turn to them with any question or request about your data; where nobody is named, to whoever gave you this.",
        "귀하의 정보에 관한 문의와 요구는 이곳으로 하시면 됩니다. 비어 있으면 이 문서를 준 곳에 문의하십시오.",
    ),
    "profile": (
        "The record that all of this belongs to: when it was made, and when you were first and last seen.",
        "아래 정보가 모두 속한 기록입니다. 만들어진 시각과 귀하가 처음, 마지막으로 확인된 시각입니다.",
    ),
    "identifiers": (
        "By what you are recognised. A device that several people used is yours for the given times alone.",
        "귀하를 알아보는 데 쓰인 값입니다. 여러 사람이 쓴 기기는 표시된 기간 동안만 귀하의 것으로 봅니다.",
    ),
    "traits": (
        "What is known of you, each with the message in which it came.",
        "귀하에 관해 알려진 값과, 그 값이 담겨 온 메시지입니다.",
    ),
    "consent": (
        "What you agreed to or refused, and what holds now for each purpose.",
        "귀하가 동의하거나 거부한 내용과, 목적별로 현재 적용되는 상태입니다.",
    ),
    "consent_records": (
        "Each time you decided, newest first, with how it was recorded.",
        "귀하가 결정한 때마다의 기록입니다. 최근 것부터 보여 드립니다.",
    ),
    "refused": (
        "Messages that name you and could not be used. They are deleted after 30 days.",
        "귀하를 가리키지만 처리할 수 없었던 메시지입니다. 30일 뒤에 삭제됩니다.",
    ),
    "segments": ("Groups of customers in which you are counted.", "귀하가 포함된 고객 분류입니다."),
    "computed": ("Numbers and dates that follow from your events.", "귀하의 이벤트에서 계산된 수와 날짜입니다."),
    "counts": (
        "How often each kind of event happened. A name that begins with $ is a kind of message without a name.",
        "이벤트가 종류별로 몇 번 있었는지입니다. $로 시작하는 것은 이름이 없는 메시지의 종류입니다.",
    ),
    "groups": ("Companies, teams or households that you belong to.", "귀하가 속한 회사, 팀 또는 가구입니다."),
    "decisions": (
        "Devices and accounts were joined because they were used together. Each step is below.",
        "함께 쓰인 기기와 계정이 한 사람의 것으로 연결되었습니다. 단계마다의 이유입니다.",
    ),
    "disclosures": (
        "Which of your data went to whom, when and for which purposes, in the last two years; newest first.",
        "최근 2년 동안 어떤 정보가 언제, 누구에게, 어떤 목적으로 제공되었는지입니다. 최근 것부터 보여 드립니다.",
    ),
    "accesses": (
        "Which staff or systems looked at your data or changed them, in the last two years; newest first.",
        "최근 2년 동안 어떤 담당자나 시스템이 귀하의 정보를 열람하거나 변경했는지입니다. 최근 것부터 보여 드립니다.",
    ),
    "requests": ("What you asked for before.", "귀하가 이전에 요청한 내용입니다."),
    "contacts": ("Conversations that staff noted.", "담당자가 남긴 상담 기록입니다."),
    "events": (
        "Everything that you did on sites, in apps and elsewhere, oldest first, as it was sent.",
        "사이트와 앱 등에서 있었던 모든 활동입니다. 오래된 것부터, 전송된 내용 그대로입니다.",
    ),
}

FIELDS = {
    "request_id": ("Request", "요청 번호"),
    "kind": ("Kind", "종류"),
    "generated_at": ("Made at (UTC)", "작성 시각 (UTC)"),
    "profile_id": ("Profile id", "프로필 번호"),
    "merged_profile_ids": ("Ids of profiles that became this one", "통합된 프로필 번호"),
    "created_at": ("Created", "생성 시각"),
    "updated_at": ("Last changed", "최종 변경"),
    "first_seen": ("First seen", "최초 확인"),
    "last_seen": ("Last seen", "최종 확인"),
    "place": ("Country and time zone, as devices said", "기기가 알린 국가와 시간대"),
    "processing": ("Processing", "처리 상태"),
    "namespace": ("Kind", "종류"),
    "value": ("Value", "값"),
    "contested": ("Used by several people", "공용 여부"),
    "periods": ("Yours since, until", "귀속 시작과 끝"),
    "name": ("Name", "이름"),
    "time": ("Time (UTC)", "시각 (UTC)"),
    "source_id": ("Source", "수집 출처"),
    "message_id": ("Message id", "메시지 번호"),
    "count": ("Number", "횟수"),
    "first": ("First", "최초"),
    "last": ("Last", "최종"),
    "sums": ("Sums", "합계"),
    "approximate": ("Approximate", "근삿값"),
    "purpose": ("Purpose", "목적"),
    "purposes": ("Purposes", "목적"),
    "stands": ("Stands as", "현재 상태"),
    "decision": ("Decision", "결정"),
    "decisions": ("Decisions", "결정"),
    "signal": ("Signal", "신호"),
    "identifier": ("Given on", "결정에 쓰인 식별자"),
    "destination": ("Recipient", "제공받은 자"),
    "fields": ("Fields", "항목"),
    "what": ("What", "행위"),
    "by": ("By", "행위자"),
    "operation": ("Operation", "작업"),
    "state": ("State", "상태"),
    "type": ("Type", "유형"),
    "received_at": ("Received (UTC)", "수신 시각 (UTC)"),
    "content": ("Content", "내용"),
    "channel": ("Channel", "채널"),
    "direction": ("Direction", "방향"),
    "employee": ("Employee", "담당자"),
    "team": ("Team", "부서"),
    "note": ("Note", "메모"),
    "group_id": ("Group", "그룹"),
    "since": ("Since", "시작 시각"),
    "company_id": ("Id", "번호"),
    "address": ("Address", "주소"),
    "contact": ("Contact", "연락처"),
}

WORDED = frozenset(
    {"kind", "namespace", "stands", "decision", "what", "state", "type", "processing", "channel", "direction"}
)
"""Fields whose values are words of ours, or may be: others are shown as they came."""

WORDS = {
    "access": "열람",
    "portability": "이동",
    "correction": "정정",
    "stop": "처리 정지",
    "resume": "처리 재개",
    "erasure": "삭제",
    "pending": "대기 중",
    "in_progress": "처리 중",
    "completed": "완료",
    "cancelled": "취소",
    "failed": "실패",
    "on": "처리 중",
    "stopped": "처리 정지",
    "user_id": "회원 번호",
    "anonymous_id": "익명 식별자",
    "email": "이메일",
    "phone": "전화",
    "device_id": "기기 번호",
    "advertising_id": "광고 식별자",
    "device_token": "알림 토큰",
    "granted": "동의",
    "refused": "거부",
    "withdrawn": "철회",
    "expired": "만료",
    "read": "열람",
    "changed": "변경",
    "exported": "내보내기",
    "created": "기록 생성",
    "attached": "식별자 연결",
    "merged": "기록 통합",
    "demoted": "연결에서 제외",
    "contested": "공용 기기로 판정",
    "over_budget": "처리 지연",
    "moved": "분리로 이동",
    "undone": "통합 취소",
    "apart": "분리 유지",
    "strict": "동의 상태 유지",
    "lifted": "분리 해제",
    "track": "활동",
    "identify": "정보 전달",
    "page": "페이지 방문",
    "screen": "화면 방문",
    "group": "그룹 소속",
    "alias": "식별자 변경",
    "inbound": "수신",
    "outbound": "발신",
    "call": "통화",
    "web": "웹",
    "mobile": "모바일",
    "store": "매장",
}
