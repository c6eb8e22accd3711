"""Mapping rules of a source: declared renames, casts, defaults and drops that make its rows and payloads events."""

from collections import abc
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, NamedTuple

from shared.domain import casts
from shared.domain.event_names import event_name
from shared.domain.fields import is_blank, value_at, with_value, without
from shared.domain.mapping_problems import MappingProblem, problems_of
from shared.domain.validation import Refusal

EVENT_FIELDS = frozenset(
    """type event messageId userId anonymousId groupId previousId timestamp originalTimestamp sentAt receivedAt context
    integrations properties traits name category channel version writeKey _metadata unreadable""".split()
)
"""Top-level names of an event. Any other goes under `properties`."""

Rule = abc.Mapping[str, Any]
Element = abc.Mapping[str, Any]


@dataclass(frozen=True)
class Mapping:
    """`rules` run in order, each a JSON object with an `op`:

    rename `from`, `to` · cast `field`, `as` (text, integer, number, boolean, time; the last with `format` and `zone`,
    numbers with a `format` that shows their separators) ·
    default `field`, `value` · drop `field`. With `events` a rule holds for events of these names alone.
    """

    id: str
    name: str
    rules: tuple[Rule, ...] = ()
    version: int = 0

    KIND: ClassVar[str] = "mapping"
    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    @cached_property
    def problems(self) -> tuple[MappingProblem, ...]:
        """What is wrong with the rules themselves, found once."""
        return tuple(problems_of(self.rules))


class Mapped(NamedTuple):
    """An element after its rules. `unmapped`: names that no rule knew or could place; their values are kept."""

    element: Any
    unmapped: tuple[str, ...] = ()


def problems(mapping: Mapping) -> tuple[MappingProblem, ...]:
    return mapping.problems


def apply(mapping: Mapping, element: Any) -> Mapped | Refusal:
    """Never raises, and changes nothing of what it is given."""
    if mapping.problems:
        return Refusal("mapping_broken", None, f"Mend the mapping {mapping.id}: {mapping.problems[0].text}")
    if not isinstance(element, dict):
        return Mapped(element)
    whole: Element = element
    left: list[str] = []
    for rule in mapping.rules:
        if _holds(rule, whole):
            done = _APPLY[rule["op"]](rule, whole)
            if isinstance(done, Refusal):
                return done
            if done is None:
                left.append(rule["from"])
            else:
                whole = done
    return _gathered(mapping, whole, left)


def _holds(rule: Rule, element: Element) -> bool:
    return not rule.get("events") or event_name(element.get("type"), element.get("event")) in rule["events"]


def _rename(rule: Rule, element: Element) -> Element | None:
    """None where the value can't go there: it stays, and is told as unmapped."""
    value = value_at(element, rule["from"])
    if value is None:
        return element
    if not is_blank(value_at(element, rule["to"])):
        return None
    return with_value(without(element, rule["from"]), rule["to"], value)


def _cast(rule: Rule, element: Element) -> Element | Refusal:
    field, kind = rule["field"], rule["as"]
    value = value_at(element, field)
    if is_blank(value) and kind != "text":
        return element if value is None else without(element, field)
    if value is None:
        return element
    try:
        if kind == "time":
            cast = casts.as_time(value, rule.get("format", casts.ISO), rule.get("zone", casts.UTC_ZONE))
        else:
            cast = casts.CASTS[kind](casts.ungrouped(value, rule["format"]) if "format" in rule else value)
    except casts.CastError as error:
        return Refusal("cast_failed", field, f"Mend the value or the mapping's rule: {error}.")
    return with_value(element, field, cast) or element


def _default(rule: Rule, element: Element) -> Element:
    there = value_at(element, rule["field"])
    return element if not is_blank(there) else with_value(element, rule["field"], rule["value"]) or element


def _drop(rule: Rule, element: Element) -> Element:
    return without(element, rule["field"])


_APPLY: dict[str, abc.Callable[[Rule, Element], Element | Refusal | None]] = {
    "rename": _rename,
    "cast": _cast,
    "default": _default,
    "drop": _drop,
}


def _gathered(mapping: Mapping, element: Element, left: list[str]) -> Mapped:
    """Everything that is no field of an event under `properties`; what is there already stays as it is."""
    known = {rule[name] for rule in mapping.rules for name in ("from", "to", "field") if name in rule} - set(left)
    strays = [name for name in element if name not in EVENT_FIELDS]
    unmapped = tuple(dict.fromkeys([*left, *(name for name in strays if name not in known)]))
    properties = {} if element.get("properties") is None else element["properties"]
    if not strays or not isinstance(properties, dict):  # properties that are no map are refused for that
        return Mapped(dict(element), unmapped)
    gathered = dict(properties)
    for name in strays:
        gathered[_free(name, gathered)] = element[name]
    kept = {name: value for name, value in element.items() if name in EVENT_FIELDS}
    return Mapped({**kept, "properties": gathered}, unmapped)


def _free(name: str, taken: abc.Container[str]) -> str:
    while name in taken:
        name = f"unmapped_{name}"
    return name
