"""What a segment may not ask because somebody declared it to be of another type: nobody would ever be in by it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from shared.domain.computed_attributes import OF_VALUES, ComputedAttribute, live
from shared.domain.flaws import Flaw
from shared.domain.segments.comparing import PRESENCE, Compared
from shared.domain.segments.definition import Filter, OfComputed, OfEvents, OfSequence, OfTrait, Segment
from shared.domain.segments.trees import leaves
from shared.domain.tracking_plans import TrackingPlan

_IDENTIFY = "$identify"
_OF_JSON: Mapping[str, frozenset[str]] = {
    "string": frozenset({"text", "time"}),
    "number": frozenset({"number"}),
    "integer": frozenset({"number"}),
    "boolean": frozenset({"boolean"}),
    "array": frozenset({"list"}),
}
"""Types of conditions by those of JSON Schema."""


def type_flaws(
    segment: Segment, plans: Iterable[TrackingPlan], attributes: Iterable[ComputedAttribute]
) -> Iterator[Flaw]:
    """What no plan declares, or declares to be of any type, is taken as it is asked."""
    known, computed = list(plans), {one.id: one for one in live(attributes)}
    for pointer, leaf in leaves(segment.where):
        field = f"where{pointer.replace('/', '.')}"
        if isinstance(leaf, OfTrait):
            types = _types(known, _IDENTIFY, leaf.trait.split("."))
            yield from _contradicted(leaf, types, field, f"The trait {leaf.trait}", "tracking plans")
        elif isinstance(leaf, OfComputed):
            attribute = computed.get(leaf.computed)
            is_number = attribute is not None and attribute.function not in OF_VALUES
            types = frozenset({"number"}) if is_number else None
            yield from _contradicted(leaf, types, field, f"The computed attribute {leaf.computed}", "its function")
        elif isinstance(leaf, OfEvents):
            yield from _filters(known, leaf.event, leaf.where, field)
        elif isinstance(leaf, OfSequence):
            for place, step in enumerate(leaf.sequence):
                yield from _filters(known, step.event, step.where, f"{field}.sequence.{place}")
            if last := leaf.not_then:
                yield from _filters(known, last.event, last.where, f"{field}.not_then")


def _filters(plans: Sequence[TrackingPlan], event: str, where: Sequence[Filter], field: str) -> Iterator[Flaw]:
    for place, one in enumerate(where):
        holder, *path = one.property.split(".")
        if holder == "properties" and event:
            types = _types(plans, event, path)
            about = f"The property {'.'.join(path)} of {event}"
            yield from _contradicted(one, types, f"{field}.where.{place}", about, "tracking plans")


def _contradicted(test: Compared, types: frozenset[str] | None, field: str, about: str, by: str) -> Iterator[Flaw]:
    if types is not None and test.type not in types and test.operator not in PRESENCE:
        said = " or ".join(sorted(types)) or "nothing that can be compared"
        yield Flaw(f"{field}.type", f"{about} is {said} by {by}, never {test.type}.", f"Ask for {said}.")


def _types(plans: Sequence[TrackingPlan], event: str, path: Sequence[str]) -> frozenset[str] | None:
    """Of what stands at the path by any of the plans that declare it; None where one leaves it open, or none does."""
    found = [_at(plan.events.get(event), path) for plan in plans]
    said = [one for one in found if one is not None]
    if not said or any("type" not in one for one in said):
        return None
    names = {name for one in said for name in ([one["type"]] if isinstance(one["type"], str) else one["type"])}
    return frozenset[str]().union(*(_OF_JSON.get(name, frozenset()) for name in names))


def _at(schema: Any, path: Sequence[str]) -> Mapping[str, Any] | None:
    """The schema of what stands at a path, None where it isn't declared."""
    for step in path:
        schema = schema.get("properties") if isinstance(schema, Mapping) else None
        schema = schema.get(step) if isinstance(schema, Mapping) else None
    return schema if isinstance(schema, Mapping) else None
