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
from shared.people.export_labels import FIELDS, SECTIONS

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
    ]
    machine, page = StringIO(), StringIO()
    sections = [Section("segments", []), Section("traits", iter(traits)), Section("computed", [])]
    assert write([JsonFile(machine), HtmlPage(page)], HEAD, sections) == {"segments": 0, "traits": 3, "computed": 0}
    assert json.loads(machine.getvalue()) == {**HEAD, "segments": [], "traits": traits, "computed": []}
    text, tags = page.getvalue(), Tags()
    tags.feed(text)
    assert tags.open == []
    assert tags.seen.isdisjoint({"script", "img", "iframe", "link", "form"})
    assert text.count("Nothing") == 2
    assert "속성과 그 출처" in text
    assert "<pre>cat:\n  나비</pre>" in text


def test_rows_are_written_as_they_are_read() -> None:
    """Whatever a person has, one row is in memory at a time."""
    file, sizes = StringIO(), list[int]()

    def rows() -> Iterator[Row]:
        for number in range(3):
            sizes.append(len(file.getvalue()))
            yield {"name": f"n{number}"}

    write([JsonFile(file)], HEAD, [Section("segments", rows())])
    assert sizes == sorted(set(sizes))


def test_every_label_is_in_both_languages() -> None:
    for english, korean in (*SECTIONS.values(), *FIELDS.values()):
        assert english.isascii()
        assert not korean.isascii()


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
