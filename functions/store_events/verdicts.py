"""What becomes of one element: each check in its turn, from forbidden numbers to the tracking plan."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from functions.store_events.rules import Rules
from shared.contracts.records import Element, readable
from shared.domain.consent_signals import not_understood
from shared.domain.events import Event
from shared.domain.forbidden import masked_identifier, masked_kinds, masked_paths
from shared.domain.identifiers import Identifier, of_event
from shared.domain.mapping import Mapped, apply
from shared.domain.places import unknown_ages, unknown_countries
from shared.domain.reducing import refuses
from shared.domain.sources import Source
from shared.domain.times import to_text
from shared.domain.traits import not_taken
from shared.domain.validation import Arrival, Refusal, original_time_of, validate

_NO_SOURCE = Refusal("unknown_source", None, "Send with the write key of a live source.")
_IN_EVENT = "Send none, or let the source mask them. What was found is masked here too."
_IN_IDENTIFIER = "Send another identifier. With a mask for an id, two people would become one."
_LONGEST = 300


class Who(NamedTuple):
    """Whom an element names, highest first, and when it happened; of a refused one as far as it can be read."""

    identifiers: tuple[Identifier, ...] = ()
    time: str = ""


class Verdict(NamedTuple):
    """`notes` are counted where the event ends as this says."""

    result: Event | Refusal
    notes: tuple[str, ...]
    named: Who


def verdict_of(element: Element, source: Source | None, rules: Rules | Refusal, arrival: Arrival) -> Verdict:
    """Pure. Forbidden numbers are masked already; the sources of a record are one, and so are its `rules`."""
    held = tuple(f"masked:{kind}" for kind in masked_kinds(element.text))
    mapped = _mapped(element, source, rules)
    if isinstance(mapped, Refusal):
        return Verdict(mapped, held, _who(readable(element.value), arrival))
    result, notes = _held_to(element, mapped, source, rules, arrival)
    if isinstance(result, Refusal):
        return Verdict(result, (*held, *notes), _who(readable(mapped.element), arrival))
    return Verdict(result, (*held, *notes), Who(tuple(i.identifier for i in result.identifiers), result.time))


def _who(said: Mapping[str, Any] | None, arrival: Arrival) -> Who:
    """It names them when it came at the latest."""
    if said is None:
        return Who()
    happened = original_time_of(said)
    time = min(arrival.received_at, to_text(happened)) if happened else arrival.received_at
    return Who(of_event(said, arrival.naming), time)


def _held_to(
    element: Element, mapped: Mapped, source: Source | None, rules: Rules | Refusal, arrival: Arrival
) -> tuple[Event | Refusal, tuple[str, ...]]:
    event = validate(mapped.element, element.text, arrival, element.value)
    if isinstance(event, Refusal):
        return event, ()
    if source and isinstance(rules, Rules) and _is_to_be_reduced(event, source, rules):
        return event, ()  # what is left of it breaks no plan, and quarantine would keep it whole
    if source and source.forbidden_numbers == "quarantine" and masked_kinds(element.text):
        return Refusal("forbidden_number", next(iter(masked_paths(element.value)), None), _IN_EVENT), ()
    planned = rules.checker.decide(event.body) if isinstance(rules, Rules) and rules.checker else ()
    if isinstance(planned, Refusal):
        return planned, ()
    left_out = (f"left_out:{reason}" for reason in not_taken(event))
    consent = not_understood(event.body, rules.purposes) if isinstance(rules, Rules) else ()
    unmapped = (f"unmapped:{name}" for name in mapped.unmapped)
    return event, (*unmapped, *planned, *left_out, *consent, *unknown_countries(event), *unknown_ages(event))


def _is_to_be_reduced(event: Event, source: Source, rules: Rules) -> bool:
    needed = source.reduces_without
    return bool(needed) and refuses(event.body, rules.purposes.get(needed))


def _mapped(element: Element, source: Source | None, rules: Rules | Refusal) -> Mapped | Refusal:
    early = _NO_SOURCE if source is None else _unreadable(element.value)
    if early:
        return early
    if isinstance(rules, Refusal):
        return rules
    mapped = apply(rules.mapping, element.value) if rules.mapping else Mapped(element.value)
    if isinstance(mapped, Refusal):
        return mapped
    may_hold = rules.mapping or masked_kinds(element.text)
    field = masked_identifier(mapped.element) if may_hold else None
    return Refusal("forbidden_number", field, _IN_IDENTIFIER) if field else mapped


def _unreadable(element: Any) -> Refusal | None:
    """A line of a file that was no row: what reads files sends it on, so that its place and reason are told."""
    row = element.get("unreadable") if isinstance(element, dict) and "type" not in element else None
    if not isinstance(row, dict):
        return None
    context = element.get("context")
    file = context.get("file") if isinstance(context, dict) else None
    place = f"line {file.get('line')} of {file.get('name')}" if isinstance(file, dict) else None
    fix = f"Mend the line ({row.get('reason')}), and import the file again."
    return Refusal("unreadable_row", place and place[:_LONGEST], fix[:_LONGEST])
