"""What a condition may not say, kind by kind."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from shared.domain.flaws import CURRENCY_FIX, LONGEST_NAME, PATH_FIX, Flaw, is_currency, is_name, is_path
from shared.domain.identifiers import ORDER, is_external_type
from shared.domain.input_errors import form_of
from shared.domain.item_ids import ITEM_ID
from shared.domain.segments import definition as d
from shared.domain.segments.comparison_flaws import MOST, comparison_flaws
from shared.domain.segments.conditions import times_needed
from shared.domain.segments.window_flaws import length_flaws, longest, window_flaws
from shared.domain.segments.windows import duration_of

MOST_FILTERS = 10
_BOUNDED_FIX = "`align: calendar` in the window: of whole days, weeks or months the sums are kept."


def leaf_flaws(leaf: d.Leaf) -> Iterator[Flaw]:
    """Fields are below the leaf."""
    yield from _OF[type(leaf)](leaf)


def within(place: str, flaws: Iterable[Flaw]) -> Iterator[Flaw]:
    """The same flaws, `place` before their fields."""
    for flaw in flaws:
        yield replace(flaw, field=f"{place}.{flaw.field}" if flaw.field else place)


def _trait(leaf: d.OfTrait) -> Iterator[Flaw]:
    if not is_name(leaf.trait):
        yield Flaw("trait", "It is empty or too long.", f"The path of a trait, {LONGEST_NAME} characters at most.")
    yield from comparison_flaws(leaf)


def _identifier(leaf: d.OfIdentifier) -> Iterator[Flaw]:
    if leaf.identifier not in ORDER and not is_external_type(leaf.identifier):
        fix = f"{', '.join(ORDER)}, or the type of an external id."
        yield Flaw("identifier", f"“{leaf.identifier}” is no namespace.", fix)


def _events(leaf: d.OfEvents) -> Iterator[Flaw]:
    yield from _event(leaf.event, leaf.where)
    yield from within("window", window_flaws(leaf.window))
    if leaf.sum and leaf.count:
        yield Flaw(
            "sum", "It asks for a number of events and for a sum.", "Say one; two conditions in an `and` say both."
        )
    elif leaf.count:
        yield from _count(leaf, leaf.count)
    yield from _sum(leaf) if leaf.sum else _no_sum(leaf)


def _count(leaf: d.OfEvents, count: d.Amount) -> Iterator[Flaw]:
    if not 0 <= count.value <= MOST or count.value != int(count.value):
        yield Flaw("count.value", f"{count.value} is no number of events.", "A whole number from 0 on.")
    elif not count.value and count.operator in ("gte", "lt"):
        answer = "is always so" if count.operator == "gte" else "never is"
        fix = "`gte 1` is once at least, `eq 0` is never."
        yield Flaw("count.value", f"{count.operator} 0 {answer}.", fix)
    elif times_needed(count) > d.MOST_KEPT and leaf.window.last and leaf.window.align == "rolling":
        message = f"A window that rolls can't be answered: it needs the times of {times_needed(count)} events."
        yield Flaw("count.value", message, f"{d.MOST_KEPT} times are kept. Ask for fewer, or say {_BOUNDED_FIX}")


def _sum(leaf: d.OfEvents) -> Iterator[Flaw]:
    if not leaf.property:
        yield Flaw("property", "It says not of what to take the sum.", "Name a path, such as amount.")
    elif not is_path(leaf.property):
        yield Flaw("property", f"“{leaf.property}” is no path.", PATH_FIX)
    if leaf.sum and not abs(leaf.sum.value) <= MOST:
        yield Flaw("sum.value", "Nothing adds up to that.", f"A number up to {MOST:.0e}.")
    if leaf.property == "amount" and not leaf.currency:
        yield Flaw("currency", "Amounts of different currencies don't add up.", "Name one, such as KRW.")
    elif leaf.property != "amount" and leaf.currency:
        yield Flaw("currency", "Amounts alone have a currency.", "Leave it out, or take the sum of `amount`.")
    elif leaf.currency and not is_currency(leaf.currency):
        yield Flaw("currency", f"“{leaf.currency}” is no currency.", CURRENCY_FIX)
    if leaf.window.last and leaf.window.align == "rolling":
        message = "A sum in a window that rolls can't be answered: it needs every event in it."
        yield Flaw("window.align", message, _BOUNDED_FIX)


def _no_sum(leaf: d.OfEvents) -> Iterator[Flaw]:
    for field in ("property", "currency"):
        if getattr(leaf, field):
            yield Flaw(
                field, "Without a `sum` there is nothing to take of it.", "Leave it out; filters are in `where`."
            )


def _sequence(leaf: d.OfSequence) -> Iterator[Flaw]:
    steps, last = leaf.sequence, leaf.not_then
    if not 1 <= len(steps) <= d.MOST_STEPS:
        yield Flaw("sequence", f"A sequence of {len(steps)} steps can't be asked for.", f"1 to {d.MOST_STEPS} steps.")
        return
    for place, step in enumerate(steps):
        yield from within(f"sequence.{place}", _event(step.event, step.where))
        if step.within:
            yield from within(f"sequence.{place}.within", length_flaws(step.within))
    if steps[0].within:
        yield Flaw("sequence.0.within", "No step is before the first one.", "Say it at the second, or say a `window`.")
    yield from within("window", window_flaws(leaf.window))
    if leaf.same and not is_path(leaf.same):
        yield Flaw("same", f"“{leaf.same}” is no path.", PATH_FIX)
    if last:
        yield from within("not_then", _not_then(last, longest(leaf.window)))


def _not_then(last: d.NotThen, window: int) -> Iterator[Flaw]:
    yield from _event(last.event, last.where)
    if not last.within:
        if not last.late_ends:
            yield Flaw("late_ends", "Without `within` nothing is late.", "Say `within`, or leave it out.")
        return
    wrong = list(length_flaws(last.within))
    yield from within("within", wrong)
    waits = duration_of(last.within)
    if not wrong and window and waits and waits.milliseconds >= window:
        yield Flaw("within", "The window is over before the wait is: nobody would be in.", "Less than the `window`.")


def _computed(leaf: d.OfComputed) -> Iterator[Flaw]:
    yield from _id("computed", leaf.computed)
    yield from comparison_flaws(leaf)


def _consent(leaf: d.OfConsent) -> Iterator[Flaw]:
    yield from _id("consent", leaf.consent)


def _segment(leaf: d.OfSegment) -> Iterator[Flaw]:
    yield from _id("segment", leaf.segment)


def _id(field: str, said: str) -> Iterator[Flaw]:
    if not re.fullmatch(ITEM_ID, said):
        yield Flaw(field, f"“{said}” is no id.", form_of(ITEM_ID))


def _seen(leaf: d.OfSeen) -> Iterator[Flaw]:
    if leaf.window == d.EVER:
        yield Flaw("window", "Everybody was seen at some time.", "Say `last`, or `since` and `until`.")
    yield from within("window", window_flaws(leaf.window))


def _event(name: str, where: Sequence[d.Filter]) -> Iterator[Flaw]:
    """An empty name is any event's."""
    if name and not is_name(name):
        yield Flaw("event", "It is blank or too long.", f"{LONGEST_NAME} characters at most; empty for any event.")
    if len(where) > MOST_FILTERS:
        yield Flaw("where", f"These are {len(where)} filters.", f"{MOST_FILTERS} at most.")
        return
    for place, one in enumerate(where):
        if not is_path(one.property):
            yield Flaw(f"where.{place}.property", f"“{one.property}” is no path.", PATH_FIX)
        yield from within(f"where.{place}", comparison_flaws(one))


_OF: Mapping[type[Any], Callable[[Any], Iterator[Flaw]]] = {
    d.OfTrait: _trait,
    d.OfComputed: _computed,
    d.OfIdentifier: _identifier,
    d.OfEvents: _events,
    d.OfSequence: _sequence,
    d.OfConsent: _consent,
    d.OfSegment: _segment,
    d.OfSeen: _seen,
}
