"""Events checked against a tracking plan. Imports the validator: only who checks events or plans imports this."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal, NamedTuple

from jsonschema_rs import Draft202012Validator, RegexOptions, ValidationError, ValidationErrorKind

from shared.domain.event_names import event_name
from shared.domain.tracking_plans import Schema, TrackingPlan
from shared.domain.validation import Refusal

MOST_FAULTS = 10
_TRAITS_OF = ("$identify", "$group")
_UNKNOWN = ValidationErrorKind.AdditionalProperties, ValidationErrorKind.UnevaluatedProperties


class Fault(NamedTuple):
    """A field that isn't as planned: its dotted path within the event, and what is wrong, without any value."""

    field: str
    message: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Of one event. `name` is that by which plans know it."""

    kind: Literal["valid", "unplanned", "invalid"]
    name: str
    faults: tuple[Fault, ...] = ()


class Checker:
    """A plan with its schemas compiled: made once for a version of the plan. ValueError where a schema is none."""

    def __init__(self, plan: TrackingPlan) -> None:
        self.plan = plan
        self._schemas = {name: compiled(schema) for name, schema in plan.events.items()}

    def check(self, event: Mapping[str, Any]) -> Verdict:
        """Of a valid event. Only a track event can be unplanned: others are checked where the plan names them."""
        name = event_name(event.get("type"), event.get("event"))
        schema = self._schemas.get(name)
        if schema is None:
            return Verdict("unplanned" if event.get("type") == "track" else "valid", name)
        place, fields = _fields(name, event)
        faults = (fault for error in schema.iter_errors(fields) for fault in _faults(place, error))
        first = tuple(islice(faults, MOST_FAULTS))
        return Verdict("invalid" if first else "valid", name, first)

    def decide(self, event: Mapping[str, Any]) -> Refusal | tuple[str, ...]:
        """A refusal where the plan quarantines, otherwise notes to count: none where the event is as planned."""
        verdict = self.check(event)
        if verdict.kind == "unplanned":
            if self.plan.unplanned == "quarantine":
                fix = f"Mend its name, or add it to the tracking plan {self.plan.id}."
                return Refusal("unplanned_event", "event", fix)
            return (f"unplanned:{verdict.name}",) if self.plan.unplanned == "report" else ()
        if self.plan.invalid == "quarantine" and verdict.faults:
            first, others = verdict.faults[0], len(verdict.faults) - 1
            also = f" {others} more of its fields are wrong." if others else ""
            return Refusal("invalid_event", first.field, f"{first.message}: mend it or the plan {self.plan.id}.{also}")
        if self.plan.invalid != "report":
            return ()
        return tuple(dict.fromkeys(f"invalid:{verdict.name}:{_in_plan(fault.field)}" for fault in verdict.faults))


def compiled(schema: Schema, mask: str | None = "it") -> Draft202012Validator:
    """Formats count, nothing is ever fetched, a pattern takes linear time. ValidationError where it is no schema.

    `mask` stands for values in messages.
    """
    return Draft202012Validator(
        dict(schema) if isinstance(schema, Mapping) else schema,
        validate_formats=True,
        ignore_unknown_formats=False,
        offline=True,
        pattern_options=RegexOptions(),
        mask=mask,
    )


def _fields(name: str, event: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """What a schema is about, and where it stands in the event."""
    if name not in _TRAITS_OF:
        return "properties", event.get("properties") or {}
    context = event.get("context") or {}
    if not event.get("traits") and context.get("traits"):
        return "context.traits", context["traits"]
    return "traits", event.get("traits") or {}


def _in_plan(field: str) -> str:
    """A fault's field as the schema has it: without the map it stands in, and one for all members of a list."""
    steps = field.removeprefix("context.").split(".")[1:]
    return ".".join(step for step in steps if not step.isdecimal())


def _faults(place: str, error: ValidationError) -> Iterator[Fault]:
    path = (place, *map(str, error.instance_path))
    kind = error.kind
    if isinstance(kind, ValidationErrorKind.Required):
        yield Fault(".".join((*path, kind.property)), "is missing")
    elif isinstance(kind, _UNKNOWN):
        yield from (Fault(".".join((*path, name)), "is not in the plan") for name in kind.unexpected)
    elif isinstance(kind, ValidationErrorKind.PropertyNames):
        yield Fault(".".join(path), "has a name that the plan does not allow")
    else:
        yield Fault(".".join(path), error.message)
