"""Flows of personal data: which field, out of which source, goes to which destination; as configured and as it went."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from shared.domain.auditing import fields_of
from shared.domain.profiles import Profile


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


def counted(flows: Iterable[tuple[str, Flow]]) -> dict[tuple[str, str], dict[str, int]]:
    """{(destination, source): {field: how often}} of deliveries, each (destination, flow)."""
    found: dict[tuple[str, str], dict[str, int]] = {}
    for destination_id, flow in flows:
        fields = found.setdefault((destination_id, flow.source_id), {})
        fields[flow.field] = fields.get(flow.field, 0) + 1
    return found
