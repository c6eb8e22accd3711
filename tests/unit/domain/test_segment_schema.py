"""The published JSON Schema of segments: it takes what is taken when saved, and refuses what a schema can refuse."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from shared.contracts.segment_schema import EXAMPLES, WHOLE
from shared.domain.configuration import document_of, read
from shared.domain.segments.definition import LEAVES, Segment
from tests.unit.domain.test_segment_flaws import REFUSED, SOUND

SCHEMA = json.loads(Path("docs/schemas/segment.json").read_text())
VALIDATOR = Draft202012Validator(SCHEMA)

ONLY_WHEN_SAVED = {
    "/where/value", "/where/sum/value",
    "/where/trait", "/where/segment", "/where/consent", "/where/computed", "/where/identifier", "/where/event",
    "/where/property", "/where/currency", "/where/same", "/where/sum", "/where/count/value", "/where/window/align",
    "/where/window/since", "/where/window/until", "/where/window/last", "/where/window", "/where/where/0/property",
    "/where/sequence/0/within", "/where/sequence/1/within", "/where/sequence/1/where/0/property",
    "/where/not_then/within", "/where/not_then/late_ends", "/where/not_then/where/0/property",
}  # fmt: skip
"""What depends on other fields, on bounds or on the catalogue."""


def test_every_kind_of_condition_has_an_example_that_is_taken_by_the_schema_and_when_saved() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert {*EXAMPLES} == {"Group", *(kind.__name__ for kind in LEAVES.values())}
    for document in (WHOLE, *({"name": "S", "where": where} for where in EXAMPLES.values())):
        VALIDATOR.validate(document)
        found = read("segment", "s", document)
        assert isinstance(found, Segment), found
        VALIDATOR.validate(document_of(found))


@pytest.mark.parametrize("where", SOUND, ids=lambda one: str(one)[:80])
def test_the_schema_takes_what_is_taken_when_saved(where: Any) -> None:
    VALIDATOR.validate({"name": "S", "where": where})


def test_the_schema_refuses_what_can_be_said_in_a_schema() -> None:
    taken = {pointer for pointer, where in REFUSED if VALIDATOR.is_valid({"name": "S", "where": where})}
    assert taken <= ONLY_WHEN_SAVED


@pytest.mark.parametrize(
    ("kind", "operator", "value"),
    [
        ("number", "gte", "5"),
        ("text", "eq", 5),
        ("number", "in", ["5"]),
        ("boolean", "eq", "true"),
        ("text", "eq", ["a"]),
        ("text", "exists", "a"),
        ("number", "between", [1]),
    ],
)
def test_the_schema_knows_types(kind: str, operator: str, value: Any) -> None:
    where = {"trait": "x", "type": kind, "operator": operator, "value": value}
    assert not VALIDATOR.is_valid({"name": "S", "where": where})


def test_the_schema_stands_by_itself_and_describes_every_part() -> None:
    text = json.dumps(SCHEMA)
    assert all(part.startswith("#/$defs/") for part in _references(SCHEMA))
    assert all(one["description"] for one in SCHEMA["$defs"].values())
    assert "pydantic" not in text


def _references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [found for inner in value.values() for found in _references(inner)]
    return [found for inner in value for found in _references(inner)] if isinstance(value, list) else []
