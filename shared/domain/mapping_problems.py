"""What is wrong with mapping rules, told before they are saved: the number of the rule, and what mends it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.domain import casts

_FIELDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "rename": (("from", "to"), ()),
    "cast": (("field", "as"), ("format", "zone")),
    "default": (("field", "value"), ()),
    "drop": (("field",), ()),
}
"""What a rule of each op must say, and what it may say beside it."""

_PATHS = ("from", "to", "field")
_KINDS = (*casts.CASTS, "time")
_ID = "messageId"
_MOST_STEPS = 32  # each is a call when a rule is applied


@dataclass(frozen=True, slots=True)
class MappingProblem:
    """`rule` counts from 1."""

    rule: int
    message: str
    fix: str

    @property
    def text(self) -> str:
        return f"rule {self.rule}: {self.message} {self.fix}"


def problems_of(rules: Sequence[Any]) -> Iterator[MappingProblem]:
    """Each rule by itself; and where all are sound, how they go together."""
    alone = [problem for number, rule in enumerate(rules, 1) for problem in _alone(number, rule)]
    yield from alone
    if not alone:
        for place, rule in enumerate(rules):
            yield from _together(place + 1, rule, rules[:place], rules[place + 1 :])


def _alone(number: int, rule: Any) -> Iterator[MappingProblem]:
    op = rule.get("op") if isinstance(rule, Mapping) else None
    if not isinstance(op, str) or op not in _FIELDS:
        yield MappingProblem(number, "Its op is unknown.", f"Use one of {', '.join(_FIELDS)}.")
        return
    must, may = _FIELDS[op]
    for name in (name for name in must if name not in rule):
        yield MappingProblem(number, f"It has no {name}.", f"A {op} needs {' and '.join(must)}.")
    for name in sorted(set(map(str, rule)) - {"op", "events", *must, *may}):
        yield MappingProblem(
            number, f"{name} means nothing to it.", f"A {op} takes {', '.join((*must, *may, 'events'))}."
        )
    for name in (name for name in _PATHS if name in rule and not _is_path(rule[name])):
        yield MappingProblem(
            number, f"Its {name} is no path.", "Write names with dots between, such as properties.total."
        )
    if _ID in (rule.get("to"), rule.get("field"), rule.get("from")):
        yield MappingProblem(
            number, "It changes messageId.", "Leave it: it keeps an event one however often it is sent."
        )
    events = rule.get("events", [])
    if not isinstance(events, list | tuple) or not all(isinstance(name, str) for name in events):
        yield MappingProblem(number, "Its events are no list of names.", 'Write ["Order Completed", "$identify"].')
    if not _is_strict(rule.get("value")):
        yield MappingProblem(number, "Its value is no JSON.", "Use finite numbers and well-formed Unicode.")
    if op == "cast":
        yield from _cast(number, rule)


def _cast(number: int, rule: Mapping[str, Any]) -> Iterator[MappingProblem]:
    kind, form, zone = rule.get("as"), rule.get("format"), rule.get("zone")
    if kind not in _KINDS:
        yield MappingProblem(number, "It casts to what is unknown.", f"Use one of {', '.join(_KINDS)}.")
    elif kind != "time" and zone is not None:
        yield MappingProblem(number, "Only a time has a zone.", "Leave it out.")
    if kind != "time" and "format" in rule:
        if kind not in ("number", "integer") or form not in tuple(casts.GROUPED):
            fix = f"Only times and numbers have one; of a number it is {' or '.join(casts.GROUPED)}."
            yield MappingProblem(number, "Its format means nothing to it.", fix)
    elif form is not None and not (isinstance(form, str) and casts.is_time_format(form)):
        fix = f"Use {casts.ISO}, {casts.EPOCH_SECONDS}, {casts.EPOCH_MILLISECONDS} or a pattern such as %Y-%m-%d %H:%M."
        yield MappingProblem(number, "No day can be read by its format.", fix)
    if zone is not None and not (isinstance(zone, str) and casts.is_zone(zone)):
        yield MappingProblem(number, "Its zone is unknown.", "Use an IANA name, such as Asia/Seoul.")


def _together(
    number: int, rule: Mapping[str, Any], before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]
) -> Iterator[MappingProblem]:
    if rule["op"] != "rename":
        return
    if rule["from"] == rule["to"]:
        yield MappingProblem(number, "It renames a field to itself.", "Leave it out.")
    if any(other["op"] == "rename" and other["to"] == rule["to"] and _meet(rule, other) for other in before):
        yield MappingProblem(
            number, f"Another rule renames to {rule['to']} too.", "Rename each field to a name of its own."
        )
    if any(other["op"] == "drop" and _holds(other["field"], rule["to"]) and _meet(rule, other) for other in after):
        yield MappingProblem(number, f"{rule['to']} is dropped later.", "Drop it before, or leave one rule out.")
    if any(other["op"] == "drop" and _holds(other["field"], rule["from"]) and _meet(rule, other) for other in before):
        yield MappingProblem(
            number, f"{rule['from']} was dropped before.", "Drop it later, or leave one of the two out."
        )


def _meet(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two rules hold for the same events."""
    first, second = set(one.get("events") or ()), set(other.get("events") or ())
    return not first or not second or bool(first & second)


def _holds(outer: str, path: str) -> bool:
    return path == outer or path.startswith(f"{outer}.")


def _is_strict(value: Any) -> bool:
    try:
        json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    except ValueError:
        return False
    return True


def _is_path(value: Any) -> bool:
    return isinstance(value, str) and len(steps := value.split(".")) <= _MOST_STEPS and all(steps)
