"""Conditions from queries of react-querybuilder: typed, and refused at their place where they can't be said here.

Its own exports let some queries mean everybody, or another thing in each language: those are refused, never guessed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast, get_args

from shared.domain.flaws import Flaw
from shared.domain.segments.comparing import MANY, PRESENCE
from shared.domain.segments.definition import (
    Amount,
    Condition,
    ConsentState,
    Filter,
    Group,
    Leaf,
    OfComputed,
    OfConsent,
    OfEvents,
    OfIdentifier,
    OfSegment,
    OfTrait,
)
from shared.domain.segments.leaf_flaws import leaf_flaws
from shared.domain.segments.querybuilder_fields import (
    MODES,
    NEGATED,
    OPERATORS,
    Field,
    fields_of,
    several,
    split_name,
    type_of,
    typed,
)
from shared.domain.segments.reading import excess_of

Steps = tuple[str, ...]
_OF_GROUPS = frozenset({"combinator", "rules", "not", "id", "path", "disabled", "muted"})
_OF_RULES = frozenset({"field", "operator", "value", "valueSource", "match", "id", "path", "disabled", "muted"})
_NOT_SAID = "Leave it out: it can't be said here."


def condition_of(query: Any, declared: Any = None) -> Condition | list[Flaw]:
    """`declared`: the `fields` of the QueryBuilder; without them a value's type is that of how it is written. Flaws are
    at their places in the query.
    """
    if excess := excess_of(query, "rules"):
        return [_flaw(excess.at, excess.message, excess.fix)]
    reading = _Reading(fields_of(declared), declared is not None)
    rules = query.get("rules") if isinstance(query, Mapping) else None
    if isinstance(rules, list) and len(rules) == 1 and query.get("combinator") == "and" and not query.get("not"):
        reading.check(query, _OF_GROUPS, ())
        found = reading.any(rules[0], ("rules", "0"))
    else:
        found = reading.group(query, ())
    return reading.flaws if reading.flaws or found is None else found


@dataclass
class _Reading:
    """None stands for what is refused; `flaws` then say why."""

    fields: Mapping[str, Field]
    is_declared: bool
    flaws: list[Flaw] = field(default_factory=list)

    def refuse(self, at: Steps, message: str, fix: str = _NOT_SAID) -> None:
        self.flaws.append(_flaw(at, message, fix))

    def any(self, one: Any, at: Steps) -> Condition | None:
        if isinstance(one, str):
            self.refuse(at, f"“{one}” stands between rules.", "One `combinator` for all rules of a group.")
            return None
        return self.group(one, at) if isinstance(one, Mapping) and "rules" in one else self.rule(one, at)

    def check(self, one: Mapping[str, Any], known: frozenset[str], at: Steps) -> None:
        for name in one.keys() - known:
            self.refuse((*at, str(name)), "There is no such field in a query.")
        if one.get("muted"):
            self.refuse((*at, "muted"), "What is muted counts for nobody.", "Take it out of the query, or unmute it.")

    def group(self, one: Any, at: Steps) -> Condition | None:
        rules = one.get("rules") if isinstance(one, Mapping) else None
        if not isinstance(rules, list):
            self.refuse(at, "This is no query.", "An object with `combinator` and `rules`.")
            return None
        self.check(one, _OF_GROUPS, at)
        if not rules:
            self.refuse(
                (*at, "rules"), "An empty group says nothing, least of all that everybody is in.", "Say a rule."
            )
        if one.get("combinator") not in ("and", "or"):
            self.refuse((*at, "combinator"), f"Rules can't be combined by “{one.get('combinator')}”.", "and, or.")
        found = [self.any(rule, (*at, "rules", str(place))) for place, rule in enumerate(rules)]
        inner = tuple(rule for rule in found if rule is not None)
        if self.flaws:
            return None
        if one.get("not"):
            return Group("not", inner if len(inner) == 1 else (Group(one["combinator"], inner),))
        return Group(one["combinator"], inner)

    def rule(self, one: Any, at: Steps) -> Condition | None:
        if not isinstance(one, Mapping) or not isinstance(one.get("field"), str):
            self.refuse(at, "This is no rule.", "An object with `field`, `operator` and `value`.")
            return None
        self.check(one, _OF_RULES, at)
        if one.get("valueSource") not in (None, "value"):
            self.refuse((*at, "valueSource"), "A field can't be compared with another.", "Compare it with a value.")
            return None
        kind, name = split_name(one["field"])
        if kind == "event":
            return self.events(one, name, at)
        if one.get("match") is not None:
            self.refuse((*at, "match"), "Elements of a list can't be counted.", "Of events: `event.<name>`.")
            return None
        if kind in ("trait", "computed"):
            return self.comparison(OfTrait if kind == "trait" else OfComputed, one, name, at)
        return self.simple(kind, one, name, at)

    def simple(self, kind: str, one: Mapping[str, Any], name: str, at: Steps) -> Condition | None:
        """What is there or not: identifiers, consent, membership."""
        operator, value = one.get("operator"), one.get("value")
        if kind == "identifier" and operator in ("null", "notNull"):
            return self.sound(OfIdentifier(name, operator == "notNull"), at)
        value = typed(value, "boolean") if kind == "segment" else value
        if kind == "identifier" or operator not in ("=", "!="):
            known = "null, notNull" if kind == "identifier" else "=, !="
            self.refuse((*at, "operator"), f"Of a field {kind}.… “{operator}” can't be asked.", f"{known}.")
        elif kind == "segment" and isinstance(value, bool):
            return _unless(operator == "!=", self.sound(OfSegment(name, value), at))
        elif kind == "consent" and value in get_args(ConsentState):
            return _unless(operator == "!=", self.sound(OfConsent(name, cast(ConsentState, value)), at))
        else:
            known = "true, false" if kind == "segment" else ", ".join(get_args(ConsentState))
            self.refuse((*at, "value"), f"{value!r} can't be asked of {kind}.{name}.", f"{known}.")
        return None

    def comparison(self, of: Any, one: Mapping[str, Any], name: str, at: Steps) -> Condition | None:
        said = self.compared(one, self.fields, at)
        if said is None:
            return None
        is_negated, kind, operator, value = said
        return _unless(is_negated, self.sound(of(name, kind, operator, value), at))

    def compared(self, one: Mapping[str, Any], fields: Mapping[str, Field], at: Steps) -> Any:
        """Whether it is negated, type, operator and value."""
        name, said, value = one["field"], one.get("operator"), one.get("value")
        operator = OPERATORS.get(str(said)) or NEGATED.get(str(said))
        if operator is None:
            self.refuse(
                (*at, "operator"), f"There is no operator “{said}” here.", f"{', '.join([*OPERATORS, *NEGATED])}."
            )
            return None
        if self.is_declared and name not in fields:
            self.refuse((*at, "field"), f"“{name}” isn't among the fields.", "Declare it with its type.")
            return None
        kind = fields[name].type if name in fields else type_of(value)
        if operator in PRESENCE:
            return False, kind, operator, None
        if operator in MANY:
            value = several(value)
        read = typed if self.is_declared else lambda plain, _: plain
        value = tuple(read(v, kind) for v in value) if isinstance(value, list) else read(value, kind)
        return str(said) in NEGATED, kind, operator, value

    def events(self, one: Mapping[str, Any], name: str, at: Steps) -> Condition | None:
        """Whose events match: react-querybuilder's `match` on a list."""
        match, inner = one.get("match"), one.get("value")
        mode = match.get("mode") if isinstance(match, Mapping) else None
        if mode not in (*MODES, "some", "none"):
            fix = f"`match` with `mode` some, none, {', '.join(MODES)}."
            self.refuse((*at, "match"), "It doesn't say how many of these events match.", fix)
            return None
        number = cast(Mapping[str, Any], match).get("threshold", 0 if mode == "none" else 1)
        if mode in MODES and (isinstance(number, bool) or not isinstance(number, int)):
            self.refuse((*at, "match", "threshold"), f"{number!r} is no number of events.", "A whole number, no part.")
            return None
        count = None if mode == "some" else Amount("eq", 0) if mode == "none" else Amount(MODES[mode], number)  # type: ignore[arg-type]
        where = self.filters(inner, self.fields.get(one["field"], Field("", {})).inner, (*at, "value"))
        return None if where is None else self.sound(OfEvents(name, count, where=where), at)

    def filters(self, group: Any, fields: Mapping[str, Field], at: Steps) -> tuple[Filter, ...] | None:
        """All of them hold of an event; none is any event."""
        rules = group.get("rules") if isinstance(group, Mapping) else None
        if not isinstance(rules, list) or group.get("not") or (len(rules) > 1 and group.get("combinator") != "and"):
            self.refuse(at, "Of events only filters can be said that all hold.", "A group of rules with `and`.")
            return None
        found = []
        for place, rule in enumerate(rules):
            there = (*at, "rules", str(place))
            if not isinstance(rule, Mapping) or not isinstance(rule.get("field"), str) or rule.get("match") is not None:
                self.refuse(there, "This is no filter.", "An object with `field`, `operator` and `value`.")
                continue
            self.check(rule, _OF_RULES, there)
            said = self.compared(rule, fields, there)
            if said and said[0]:
                self.refuse((*there, "operator"), "A filter of events can't be turned round.", "Ask what it is.")
            elif said:
                found.append(Filter(rule["field"], *said[1:]))
        return None if self.flaws else tuple(found)

    def sound(self, leaf: Leaf, at: Steps) -> Leaf | None:
        flaws = list(leaf_flaws(leaf))
        for flaw in flaws:
            self.refuse((*at, *_place(flaw.field.split("."))), flaw.message, flaw.fix)
        return None if flaws else leaf


def _unless(is_negated: bool, leaf: Leaf | None) -> Condition | None:
    return Group("not", (leaf,)) if is_negated and leaf is not None else leaf


def _place(steps: Sequence[str]) -> Iterable[str]:
    """Where in a rule stands what a flaw of its leaf is about."""
    match steps:
        case ["where", place, name, *rest]:
            return ("value", "rules", place, "field" if name == "property" else name, *rest)
        case ["count", *_]:
            return ("match", "threshold")
        case ["operator" | "value", *_]:
            return steps
    return ("field",)


def _flaw(at: Steps, message: str, fix: str) -> Flaw:
    return Flaw(".".join(at), message, fix, steps=at)
