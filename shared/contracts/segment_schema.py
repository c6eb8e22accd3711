"""The JSON Schema of a segment's document, for editors and tools of others: as strict as a schema can be."""

from collections.abc import Mapping
from typing import Any

from shared.domain.configuration import FORMS
from shared.domain.segments.comparing import MANY, OPERATORS, PRESENCE
from shared.domain.segments.comparison_flaws import LONGEST_TEXT, MOST_VALUES
from shared.domain.segments.definition import MOST_STEPS, Segment
from shared.domain.segments.leaf_flaws import MOST_FILTERS
from shared.domain.segments.reading import MOST_LEAVES

Schema = dict[str, Any]

_TITLE = "A segment"
_ABOUT = (
    "Who is in: a condition as data. Catalogue items by the API (PUT /v1/segments/{id}) and files (segments/<id>.yaml) "
    "alike. What a schema can't say, such as that a purpose isn't declared, is refused when saved, with a JSON pointer."
)
_DURATION = r"^P(\d{1,4}Y)?(\d{1,4}M)?(\d{1,4}W)?(\d{1,4}D)?(T(?=\d)(\d{1,5}H)?(\d{1,6}M)?(\d{1,7}S)?)?$"
_PLAIN = {
    "text": ("string",),
    "number": ("number",),
    "boolean": ("boolean",),
    "time": ("string",),
    "list": ("string", "number", "boolean"),
}
_COMPARED = ("Filter", "OfTrait", "OfComputed")

EXAMPLES: Mapping[str, Schema] = {
    "Group": {"op": "not", "of": [{"identifier": "email"}]},
    "OfTrait": {"trait": "address.city", "type": "text", "operator": "in", "value": ["Seoul", "Busan"]},
    "OfComputed": {"computed": "monetary", "type": "number", "operator": "gte", "value": 50000},
    "OfIdentifier": {"identifier": "email", "present": True},
    "OfEvents": {
        "event": "Order Completed",
        "count": {"operator": "gte", "value": 3},
        "where": [{"property": "amount", "type": "number", "operator": "gte", "value": 10000}],
        "window": {"last": "P30D"},
    },
    "OfSequence": {
        "sequence": [{"event": "Product Added"}],
        "not_then": {"event": "Order Completed", "within": "PT30M"},
        "window": {"last": "P7D"},
    },
    "OfConsent": {"consent": "advertising", "state": "granted"},
    "OfSegment": {"segment": "vip", "member": True},
    "OfSeen": {"seen": "last", "window": {"since": "2026-11-01T00:00:00+09:00"}},
}
"""One of each kind of condition."""

WHOLE: Schema = {
    "name": "Big spenders of the month",
    "owner": "crm@example.com",
    "zone": "Asia/Seoul",
    "state": "live",
    "where": {
        "op": "and",
        "of": [
            {
                "event": "Order Completed",
                "sum": {"operator": "gte", "value": 100000},
                "property": "amount",
                "currency": "KRW",
                "window": {"last": "P1M", "align": "calendar"},
            },
            {"consent": "advertising"},
        ],
    },
}


def segment_schema() -> Schema:
    """Self-contained, draft 2020-12."""
    made = FORMS[Segment].model_json_schema()
    kinds: dict[str, Schema] = made["$defs"]
    for name, example in EXAMPLES.items():
        kinds[name]["examples"] = [example]
    for name in _COMPARED:
        kinds[name]["allOf"] = [*_by_type(), *_by_operator()]
    kinds["Group"]["properties"]["of"] |= {"minItems": 1, "maxItems": MOST_LEAVES}
    kinds["Group"]["allOf"] = [_if("op", ["not"], {"of": {"maxItems": 1}})]
    kinds["OfSequence"]["properties"]["sequence"] |= {"minItems": 1, "maxItems": MOST_STEPS}
    for name in ("OfEvents", "Step", "NotThen"):
        kinds[name]["properties"]["where"]["maxItems"] = MOST_FILTERS
    for name, field in {"Window": "last", "Step": "within", "NotThen": "within"}.items():
        kinds[name]["properties"][field]["anyOf"] = [{"const": ""}, {"pattern": _DURATION, "minLength": 3}]
    about = {"title": _TITLE, "description": f"{_ABOUT} {made['description']}", "examples": [WHOLE]}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made, **about}


def _by_type() -> list[Schema]:
    return [
        _if("type", [kind], {"operator": {"enum": sorted(OPERATORS[kind])}, "value": _several_or_one(*plain)})
        for kind, plain in _PLAIN.items()
    ]


def _several_or_one(*plain: str) -> Schema:
    return {"type": [*plain, "array", "null"], "items": {"type": [*plain]}}


def _by_operator() -> list[Schema]:
    """Whether there is a value, and whether it is a list."""
    several = {"type": "array", "minItems": 1, "maxItems": MOST_VALUES}
    one = {"type": ["string", "number", "boolean"], "maxLength": LONGEST_TEXT}
    single = sorted(frozenset[str]().union(*OPERATORS.values()) - MANY - PRESENCE)
    return [
        _if("operator", sorted(MANY), {"value": several}, "value"),
        _if("operator", ["between"], {"value": {"minItems": 2, "maxItems": 2}}),
        _if("operator", sorted(PRESENCE), {"value": {"type": "null"}}),
        _if("operator", single, {"value": one}, "value"),
    ]


def _if(field: str, values: list[str], then: Schema, *required: str) -> Schema:
    told: Schema = {"properties": then} | ({"required": [*required]} if required else {})
    return {"if": {"properties": {field: {"enum": values}}}, "then": told}
