"""Queries of react-querybuilder from conditions: what it can say it says without loss, the rest is refused."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from shared.domain.flaws import Flaw
from shared.domain.segments import definition as d
from shared.domain.segments.querybuilder_fields import MODES, OPERATORS

_OPERATORS = {ours: theirs for theirs, ours in OPERATORS.items()}
_MODES = {ours: theirs for theirs, ours in MODES.items()}
_INPUTS = {"number": "number", "time": "text", "text": "text", "list": "text"}
_FIX = "Keep this segment as a file of the catalogue."

Query = dict[str, Any]


class Exported(NamedTuple):
    """What a QueryBuilder takes as `query` and `fields`. A field's `datatype` is the type of its values."""

    query: Query
    fields: list[dict[str, Any]]


def query_of(condition: d.Condition) -> Exported | list[Flaw]:
    """The inverse of querybuilder.condition_of. Flaws are at their places in the condition."""
    writing = _Writing()
    is_one = not isinstance(condition, d.Group) or (condition.op == "and" and len(condition.of) == 1)
    found = writing.any(condition, ())
    query = {"combinator": "and", "rules": [found]} if is_one else found
    return writing.flaws or Exported(query, [writing.fields[name] for name in sorted(writing.fields)])


@dataclass
class _Writing:
    fields: dict[str, dict[str, Any]] = field(default_factory=dict)
    flaws: list[Flaw] = field(default_factory=list)

    def any(self, condition: d.Condition, at: tuple[str, ...]) -> Query:
        if not isinstance(condition, d.Group):
            return self.rule(condition, at)
        first = condition.of[0]
        if condition.op == "not" and isinstance(first, d.Group) and first.op != "not" and len(first.of) > 1:
            return {**self.any(first, (*at, "of", "0")), "not": True}
        rules = [self.any(one, (*at, "of", str(place))) for place, one in enumerate(condition.of)]
        if condition.op == "not":
            return {"combinator": "and", "not": True, "rules": rules}
        return {"combinator": condition.op, "rules": rules}

    def rule(self, leaf: d.Leaf, at: tuple[str, ...]) -> Query:
        match leaf:
            case d.OfTrait():
                found = self.compared(f"trait.{leaf.trait}", leaf, at, self.fields)
            case d.OfComputed():
                found = self.compared(f"computed.{leaf.computed}", leaf, at, self.fields)
            case d.OfIdentifier():
                operator = "notNull" if leaf.present else "null"
                found = self.plain(f"identifier.{leaf.identifier}", operator, None, ["null", "notNull"])
            case d.OfConsent():
                found = self.plain(f"consent.{leaf.consent}", "=", leaf.state, ["=", "!="])
            case d.OfSegment():
                found = self.plain(f"segment.{leaf.segment}", "=", leaf.member, ["=", "!="])
            case d.OfEvents():
                found = self.events(leaf, at)
            case d.OfSequence() | d.OfSeen():
                steps = (*at, "sequence" if isinstance(leaf, d.OfSequence) else "seen")
                found = self.refuse(steps, "react-querybuilder knows neither sequences nor when somebody was seen.")
        return found

    def refuse(self, at: tuple[str, ...], message: str) -> Query:
        self.flaws.append(Flaw(".".join(at), message, _FIX, steps=at))
        return {}

    def plain(self, name: str, operator: str, value: Any, operators: list[str]) -> Query:
        kind = "boolean" if isinstance(value, bool) else "text"
        self.fields[name] = {**_field(name, kind), "operators": operators}
        return {"field": name, "operator": operator, "value": value}

    def compared(
        self, name: str, test: d.OfTrait | d.OfComputed | d.Filter, at: tuple[str, ...], fields: dict[str, Any]
    ) -> Query:
        known = fields.setdefault(name, _field(name, test.type))
        if known["datatype"] != test.type:
            return self.refuse((*at, "type"), f"{name} is {known['datatype']} elsewhere: a field has one type.")
        value = list(test.value) if isinstance(test.value, tuple | list) else test.value
        return {"field": name, "operator": _OPERATORS[test.operator], "value": value}

    def events(self, leaf: d.OfEvents, at: tuple[str, ...]) -> Query:
        if leaf.sum or leaf.window != d.EVER:
            place = "sum" if leaf.sum else "window"
            return self.refuse((*at, place), f"react-querybuilder has no place for a {place}.")
        if leaf.count and leaf.count.operator not in _MODES:
            return self.refuse((*at, "count", "operator"), f"It counts by {', '.join(MODES)}.")
        name = f"event.{leaf.event}"
        declared = self.fields.setdefault(name, {**_field(name, "list"), "matchModes": True})
        inner = {one["name"]: one for one in declared.get("subproperties", {}).get("fields", [])}
        rules = [
            self.compared(one.property, one, (*at, "where", str(place)), inner) for place, one in enumerate(leaf.where)
        ]
        declared["subproperties"] = {"fields": [inner[one] for one in sorted(inner)]}
        match: Mapping[str, Any] = {"mode": "some"}
        if leaf.count:
            match = {"mode": _MODES[leaf.count.operator], "threshold": leaf.count.value}
        value = {"combinator": "and", "rules": rules}
        return {"field": name, "operator": "=", "match": dict(match), "value": value}


def _field(name: str, kind: str) -> dict[str, Any]:
    shown = {"valueEditorType": "checkbox"} if kind == "boolean" else {"inputType": _INPUTS[kind]}
    return {"name": name, "label": name, "datatype": kind, **shown}
