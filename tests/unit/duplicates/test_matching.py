"""What is compared can be declared, and is refused where it can't be used."""

import re
from typing import Any

import pytest
import yaml

from shared.duplicates.levels import KINDS
from shared.duplicates.matching import PEOPLE, MatchingError, matching_of
from tests.unit.structure.repository import text

MEMBERS: dict[str, Any] = {
    "fields": [
        {"name": "surname", "kind": "name", "sources": ["lastName"]},
        {"name": "member_no", "kind": "code", "sources": ["loyalty.number"]},
    ],
    "blocking": [{"fields": ["member_no"], "deterministic": True}, {"fields": ["surname"], "trains": True}],
}


def test_fields_and_blocking_are_data() -> None:
    matching = matching_of(MEMBERS)
    assert matching.comparisons() == {"surname": ("surname",), "member_no": ("member_no",)}
    assert [rule.name for rule in matching.blocking] == ["member_no", "surname"]


def test_nested_fields_are_one_comparison_with_a_level_for_each() -> None:
    fields = [{"name": name, "kind": "text"} for name in ("street", "city")]
    blocking = [{"fields": ["street"]}]
    nested = [{"name": "address", "fields": ["street", "city"]}]
    matching = matching_of({"fields": fields, "blocking": blocking, "nested": nested})
    names = [level.name for level in matching.levels("address")]
    assert names == ["the same", "nearly the same", "the same street", "the same city", "different"]


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"blocking": []}, "at least one rule"),
        ({"blocking": [{"fields": []}]}, "at least one rule"),
        ({"blocking": [{"fields": ["nowhere"]}]}, "nowhere: no such field"),
        ({"fields": [{"name": "surname", "kind": "sound"}]}, "fields.0.kind"),
        ({"fields": [{"name": 'a"; DROP TABLE people', "kind": "name"}]}, "fields.0.name"),
        ({"fields": [{"name": "profile_id", "kind": "name"}]}, "profile_id"),
        ({"fields": [*MEMBERS["fields"], MEMBERS["fields"][0]]}, "same name"),
        ({"nested": [{"name": "address", "fields": ["surname"]}]}, "at least two fields"),
        ({"nested": [{"name": "address", "fields": ["surname", "nowhere"]}]}, "nowhere: no such field"),
        ({"nested": [{"name": "surname", "fields": ["surname", "member_no"]}]}, "same name"),
        ({"colours": []}, "colours"),
    ],
)
def test_what_cannot_be_used_is_refused(changed: dict[str, Any], problem: str) -> None:
    with pytest.raises(MatchingError, match=problem):
        matching_of(MEMBERS | changed)


def test_the_documented_declaration_can_be_used() -> None:
    (declared,) = re.findall(r"```yaml\n(.*?)```", text("docs/duplicates.md"), re.DOTALL)
    assert matching_of(yaml.safe_load(declared)).blocking[0].deterministic


def test_fields_and_kinds_are_documented() -> None:
    page = text("docs/duplicates.md")
    sources = [source for field in PEOPLE.fields for source in field.sources if not source.startswith("identifiers.")]
    assert [
        name for name in (*(field.name for field in PEOPLE.fields), *sources, *KINDS) if f"`{name}`" not in page
    ] == []
