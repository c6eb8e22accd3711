"""What columns are called, in English and Korean, and which field of an event each of these names stands for."""

import re

USER_ID, TIME, EVENT, TYPE, TOTAL, CURRENCY = (
    "userId",
    "timestamp",
    "event",
    "type",
    "properties.total",
    "properties.currency",
)
TRAIT = "traits."
"""Begins what is known of a person: on an event it lies below `context`."""

_KNOWN = {
    USER_ID: """customer_id customer_no customer_number customer cust_id user_id userid user uid member_id member_no
        account_id client_id 고객번호 고객id 고객아이디 고객 회원번호 회원id 회원아이디 회원 아이디 사용자id""",
    "anonymousId": "anonymous_id visitor_id cookie_id device_cookie 방문자id 쿠키id",
    EVENT: "event event_name action activity 이벤트 이벤트명 행동",
    TYPE: "type",
    TIME: """timestamp date datetime time event_time event_date order_date ordered_at order_time purchase_date
        purchased_at transaction_date created_at created paid_at invoice_date 일시 날짜 일자 시간 주문일 주문일자
        주문일시 구매일 구매일자 구매일시 결제일 결제일자 결제일시 거래일 거래일시 발생일시 등록일 등록일시""",
    TOTAL: """amount total total_amount total_price order_total order_amount order_value revenue sales value payment
        paid_amount dollar_value 금액 총금액 총액 결제금액 주문금액 구매금액 거래금액 매출 매출액 합계""",
    "properties.price": "price unit_price 가격 단가 판매가",
    "properties.quantity": "quantity qty units 수량 개수",
    CURRENCY: "currency currency_code 통화 통화코드 화폐",
    "properties.order_id": "order_id order_no order_number invoice_no transaction_id 주문번호 주문id 거래번호",
    "properties.product_id": "product_id product_code sku item_id stock_code 상품번호 상품코드 상품id 제품코드",
    "properties.name": "product product_name item item_name 상품명 상품 제품명 품명",
    "traits.email": "email e_mail email_address mail 이메일 이메일주소 메일 전자우편",
    "traits.phone": """phone phone_number telephone tel mobile mobile_phone mobile_number cell cellphone 휴대폰
        휴대폰번호 휴대전화 휴대전화번호 핸드폰 핸드폰번호 전화 전화번호 연락처""",
    "traits.name": "name full_name customer_name user_name 이름 성명 고객명 회원명",
    "traits.firstName": "first_name firstname given_name",
    "traits.lastName": "last_name lastname surname family_name",
    "traits.gender": "gender sex 성별",
    "traits.birthday": "birthday birth_date date_of_birth dob 생년월일 생일",
    "traits.city": "city 도시 시군구",
    "traits.country": "country 국가",
}
_FIELDS = {name: field for field, names in _KNOWN.items() for name in names.split()}
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_UNIT = re.compile(r"[(\[].*?[)\]]")


def plain(column: str) -> str:
    """`Customer ID`, `customerId` and `CUSTOMER-ID` are one name; a unit in brackets is none of it."""
    words = re.split(r"[\W_]+", _HUMP.sub("_", _UNIT.sub("", column).strip()))
    name = "_".join(filter(None, words)).lower()
    return name if name.isascii() else name.replace("_", "")


def field_of(column: str) -> str | None:
    """The field that a column's name stands for."""
    return _FIELDS.get(plain(column))
