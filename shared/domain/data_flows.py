"""Flows of personal data: which field, out of which source, goes to which destination; as configured and as it went."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from shared.domain.auditing import fields_of
from shared.domain.destinations import Destination
from shared.domain.profiles import Profile
from shared.domain.purposes import NONE_DECLARED, Purposes, bases_of
from shared.domain.sources import STANDARD_DAYS, RetentionClass, Source

Undeclared = Literal[
    "destination_unknown",
    "destination_disabled",
    "field_not_configured",
    "no_purpose",
    "purpose_unknown",
    "source_unknown",
    "no_tracking_plan",
]
"""Why a flow stands out: it went and isn't configured any more, or nobody has said what for or out of what."""


class Flow(NamedTuple):
    """`source_id` is empty for what no single source filled: facts, and identifiers."""

    source_id: str
    field: str


@dataclass(frozen=True, slots=True)
class Went:
    """What was delivered of one field: how often, first and last when, and for which purposes the last time."""

    destination_id: str
    flow: Flow
    count: int
    first: str
    last: str
    purposes: tuple[str, ...] = ()


def flows_of(detail_type: str, told: Mapping[str, Any], profile: Profile | None) -> tuple[Flow, ...]:
    """The flows of one payload: `told` is {part: {name: value}} of it."""
    traits = profile.state.traits if profile else {}
    filled = {f"traits.{name}": trait.source_id for name, trait in traits.items()}
    return tuple(Flow(filled.get(name, ""), name) for name in fields_of(detail_type, told))


def counted(flows: Iterable[tuple[str, Flow, int]]) -> dict[tuple[str, str], dict[str, int]]:
    """{(destination, source): {field: how often}} of deliveries, each (destination, flow, how often)."""
    found: dict[tuple[str, str], dict[str, int]] = {}
    for destination_id, flow, often in flows:
        fields = found.setdefault((destination_id, flow.source_id), {})
        fields[flow.field] = fields.get(flow.field, 0) + often
    return found


@dataclass(frozen=True, slots=True)
class Configured:
    """What the catalogue says, by id; days by retention class."""

    sources: Mapping[str, Source] = field(default_factory=dict)
    classes: Mapping[str, RetentionClass] = field(default_factory=dict)
    destinations: Mapping[str, Destination] = field(default_factory=dict)
    purposes: Purposes = NONE_DECLARED

    def days(self, source_id: str) -> int | None:
        """How long events of a source are kept here."""
        source = self.sources.get(source_id)
        if source is None:
            return None
        found = self.classes.get(source.retention_class)
        return found.days if found else STANDARD_DAYS


@dataclass(frozen=True, slots=True)
class Registered:
    """A row of the register. `bases` are those of the purposes; `count` 0: configured, and never delivered so far."""

    destination_id: str
    flow: Flow
    purposes: tuple[str, ...]
    bases: tuple[str, ...]
    region: str
    retention: str
    kept_days: int | None
    count: int = 0
    first: str = ""
    last: str = ""
    undeclared: tuple[Undeclared, ...] = ()


def register(configured: Configured, went: Iterable[Went]) -> list[Registered]:
    """Everything that was delivered and everything that may be; what stands out comes first."""
    actual = list(went)
    seen = {(one.destination_id, one.flow.field) for one in actual}
    rows = [_row(configured, one) for one in actual]
    for destination in configured.destinations.values():
        unseen = (name for name in fields_configured(destination) if (destination.id, name) not in seen)
        if destination.state != "disabled":
            rows += [_row(configured, Went(destination.id, Flow("", name), 0, "", "")) for name in unseen]
    return sorted(rows, key=lambda row: (not row.undeclared, row.destination_id, row.flow.field, row.flow.source_id))


def fields_configured(destination: Destination) -> list[str]:
    """What a destination may get, by the names of `fields_of`."""
    facts = [f"facts.{name}" for name in destination.detail_types]
    identifiers = [f"identifiers.{name}" for name in destination.identifiers]
    return [*facts, *identifiers, *(f"traits.{name}" for name in destination.traits)]


def _row(configured: Configured, one: Went) -> Registered:
    destination = configured.destinations.get(one.destination_id)
    purposes = destination.purposes if destination else one.purposes
    return Registered(
        destination_id=one.destination_id,
        flow=one.flow,
        purposes=purposes,
        bases=bases_of(purposes, configured.purposes),
        region=destination.region if destination else "",
        retention=destination.retention if destination else "",
        kept_days=configured.days(one.flow.source_id),
        count=one.count,
        first=one.first,
        last=one.last,
        undeclared=tuple(_undeclared(configured, one, destination)),
    )


def _undeclared(configured: Configured, one: Went, destination: Destination | None) -> Iterator[Undeclared]:
    if destination is None:
        yield "destination_unknown"
    else:
        if destination.state == "disabled":
            yield "destination_disabled"
        if one.flow.field not in fields_configured(destination):
            yield "field_not_configured"
        if not destination.purposes:
            yield "no_purpose"
        if set(destination.purposes) - configured.purposes.by_id.keys():
            yield "purpose_unknown"
    if one.flow.source_id:
        source = configured.sources.get(one.flow.source_id)
        if source is None:
            yield "source_unknown"
        elif not source.tracking_plan:
            yield "no_tracking_plan"
