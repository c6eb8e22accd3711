"""The two files of an export: the same rows, as JSON and as a page that runs nothing."""

import json
from collections.abc import Iterator
from html.parser import HTMLParser
from io import StringIO

from shared.domain import exports
from shared.domain.auditing import AuditEntry
from shared.domain.exports import Row, Section
from shared.domain.privacy_requests import PrivacyRequest
from shared.domain.profiles import Profile
from shared.people.export_files import HtmlPage, JsonFile, write
from shared.people.export_labels import ABOUT, FIELDS, SECTIONS, WORDS
from shared.people.exporting import by_time

HEAD = {"request_id": "r1", "kind": "access", "generated_at": "2026-11-22T00:00:00.000Z"}
NOW = "2026-11-22T00:00:00.000Z"
HOSTILE = "<script>alert(1)</script>"


class Tags(HTMLParser):
    """Whether what opens closes, and what there is."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.seen.add(tag)
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_both_files_say_the_same_and_the_page_holds_values_as_text_alone() -> None:
    traits = [
        {"name": "bio", "value": HOSTILE},
        {"name": "pets", "value": {"cat": ["나비"]}},
        {"name": "vip", "value": True},
        {"name": "plan", "value": None},
    ]
    machine, page = StringIO(), StringIO()
    sections = [Section("segments", []), Section("traits", iter(traits)), Section("computed", [])]
    assert write([JsonFile(machine), HtmlPage(page)], HEAD, sections) == {"segments": 0, "traits": 4, "computed": 0}
    assert json.loads(machine.getvalue()) == {**HEAD, "segments": [], "traits": traits, "computed": []}
    text, tags = page.getvalue(), Tags()
    tags.feed(text)
    assert tags.open == []
    assert tags.seen.isdisjoint({"script", "img", "iframe", "link", "form"})
    assert text.count("Nothing") == 2
    assert "속성과 그 출처" in text
    assert "<pre>cat:\n  나비</pre>" in text
    assert "null" not in text


def test_rows_are_written_as_they_are_read() -> None:
    """Whatever a person has, one row is in memory at a time."""
    file, sizes = StringIO(), list[int]()

    def rows() -> Iterator[Row]:
        for number in range(3):
            sizes.append(len(file.getvalue()))
            yield {"name": f"n{number}"}

    write([JsonFile(file)], HEAD, [Section("segments", rows())])
    assert sizes == sorted(set(sizes))


def test_rows_come_in_order_of_time_and_as_they_were_among_those_of_one_time() -> None:
    rows = [{"time": time, "content": {"값": [n, None, "😀"]}} for n, time in enumerate(("b", "a", "c", "a"))]
    assert [*by_time(iter(rows))] == [rows[1], rows[3], rows[0], rows[2]]


def test_every_label_is_in_both_languages_and_every_section_explained() -> None:
    for english, korean in (*SECTIONS.values(), *ABOUT.values(), *FIELDS.values()):
        assert english.isascii()
        assert not korean.isascii()
    assert ABOUT.keys() == SECTIONS.keys()
    assert not any(korean.isascii() for korean in WORDS.values())


def test_a_customer_reads_names_times_and_words_instead_of_ids_and_codes() -> None:
    """The JSON has both; what a customer wrote is never taken for a word of ours."""
    periods = [{"since": "", "until": "2026-11-21T09:30:00.000Z"}, {"since": "2026-11-21T10:00:00.000Z", "until": ""}]
    identifiers = [{"namespace": "anonymous_id", "value": "granted", "contested": True, "periods": periods}]
    traits = [{"name": "city", "value": "서울", "time": NOW, "source_id": "src_1"}]
    given = [{"time": NOW, "destination": "crm", "fields": ["traits.city"], "purposes": ["ads"]}]
    machine, page = StringIO(), StringIO()
    names = {"source_id": {"src_1": "온라인 쇼핑몰 & app"}, "destination": {}}
    held = [Section("identifiers", identifiers), Section("traits", traits), Section("disclosures", given)]
    write([JsonFile(machine), HtmlPage(page)], HEAD, [exports.with_names(one, names) for one in held])
    (trait,), (went,) = (json.loads(machine.getvalue())[name] for name in ("traits", "disclosures"))
    assert (trait["source_id"], trait["source_name"]) == ("src_1", "온라인 쇼핑몰 & app")
    assert (went["destination"], went["destination_name"]) == ("crm", "")
    text = page.getvalue()
    assert "온라인 쇼핑몰 &amp; app <small>src_1</small>" in text
    assert "<td>2026-11-22 00:00:00</td>" in text
    assert "2026-11-21 09:30:00" in text
    assert 'anonymous_id <span lang="ko">익명 식별자</span>' in text
    assert 'yes <span lang="ko">예</span>' in text
    assert "<td>granted</td>" in text
    assert "<td>crm</td>" in text
    assert "처음부터" in text
    assert "현재" in text


def test_what_the_audit_log_and_earlier_requests_say_is_told_under_labels() -> None:
    disclosed = AuditEntry("p1", NOW, "disclosed", "f1", "deliver", "deliver", ("traits.city",), False, "crm", ("ads",))
    read = AuditEntry("p1", NOW, "read", "r1", "desk", "get_profile", ("traits",))
    asked = PrivacyRequest("r1", "access", "kr", (), "privacy", NOW, NOW, profile_id="p1")
    of_another = PrivacyRequest("r2", "access", "kr", (), "privacy", NOW, NOW, profile_id="p2")
    file, page = StringIO(), StringIO()
    sections = [
        Section("disclosures", exports.disclosures([disclosed, read])),
        Section("accesses", exports.accesses([disclosed, read])),
        Section("requests", exports.requests([asked, of_another], Profile("p1"))),
    ]
    assert write([JsonFile(file), HtmlPage(page)], HEAD, sections) == {"disclosures": 1, "accesses": 1, "requests": 1}
    told = json.loads(file.getvalue())
    assert (told["disclosures"][0]["destination"], told["accesses"][0]["by"]) == ("crm", "desk")
    assert told["requests"][0]["request_id"] == "r1"
