"""Conditions in words: what one asks for, and what would have to happen for its answer to be another."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from shared.domain.segments import definition as d
from shared.domain.segments.asking import Answer
from shared.domain.segments.windows import NEVER, moment
from shared.domain.times import to_text

Shown = Callable[[d.Leaf, Any], Any]
"""How a value that a leaf compares, or is compared with, is told to who asks."""

NOTHING = "nothing any more"

_BE: Mapping[str, str] = {
    "eq": "be {}",
    "ne": "be other than {}",
    "in": "be one of {}",
    "not_in": "be none of {}",
    "lt": "be below {}",
    "lte": "be at most {}",
    "gt": "be above {}",
    "gte": "be at least {}",
    "between": "be between {}",
    "contains": "contain {}",
    "starts_with": "start with {}",
    "ends_with": "end with {}",
    "exists": "be known",
    "missing": "be unknown",
}
_OPPOSITE = {"eq": "ne", "in": "not_in", "lt": "gte", "gt": "lte", "exists": "missing"}
_OPPOSITE |= {other: one for one, other in _OPPOSITE.items()}


def said(leaf: d.Leaf, show: Shown) -> str:
    """`address.city is Seoul`."""
    match leaf:
        case d.OfTrait() | d.OfComputed():
            return f"{_name(leaf)} {_is(leaf.operator, leaf.value, lambda value: show(leaf, value))}"
        case d.OfEvents():
            return f"{_subject(leaf)}{_window(leaf.window)} {_is(*_compared(leaf))}"
        case d.OfSequence():
            return _sequence(leaf)
        case d.OfSeen():
            return f"was seen for the {leaf.seen} time{_window(leaf.window)}"
        case _:
            return f"{_held(leaf)[0]} is {_held(leaf)[1]}"


def changed_by(leaf: d.Leaf, answer: Answer, before: int, show: Shown) -> str:
    """What makes the answer another, time aside. `before`: the millisecond at which fewer events count than now."""
    truth = answer.truth is True
    match leaf:
        case d.OfTrait() | d.OfComputed():
            return f"{_name(leaf)} would have to {_other(leaf, truth, lambda value: show(leaf, value))}"
        case d.OfEvents():
            return _more(leaf, answer, before)
        case d.OfSequence():
            return _of_sequence(leaf, answer)
        case d.OfSeen():
            return "any event" if not truth and (leaf.seen == "last" or answer.truth is None) else NOTHING
        case _:
            what, state, other = _held(leaf)
            return f"{what} would have to be {other if truth else state}"


def _held(leaf: d.OfIdentifier | d.OfConsent | d.OfSegment) -> tuple[str, str, str]:
    """What somebody holds or not, how the leaf wants it, and how else it can be."""
    if isinstance(leaf, d.OfConsent):
        return f"consent to {leaf.consent}", leaf.state, f"other than {leaf.state}"
    if isinstance(leaf, d.OfIdentifier):
        return f"identifier {leaf.identifier}", *_either("known", "unknown", leaf.present)
    return f"segment {leaf.segment}", *_either("entered", "left", leaf.member)


def _either(one: str, other: str, is_wanted: bool) -> tuple[str, str]:
    return (one, other) if is_wanted else (other, one)


def _name(leaf: d.OfTrait | d.OfComputed) -> str:
    return leaf.trait if isinstance(leaf, d.OfTrait) else leaf.computed


def _be(operator: str, value: Any, show: Callable[[Any], Any] = lambda value: value) -> str:
    values = value if isinstance(value, tuple | list) else (value,)
    link = " and " if operator == "between" else ", "
    return _BE[operator].format(link.join(str(show(one)) for one in values))


def _is(operator: str, value: Any, show: Callable[[Any], Any] = lambda value: value) -> str:
    verb, _, rest = _be(operator, value, show).partition(" ")
    return f"{'is' if verb == 'be' else f'{verb}s'} {rest}"


def _other(leaf: d.OfTrait | d.OfComputed, truth: bool, show: Callable[[Any], Any]) -> str:
    if not truth:
        return _be(leaf.operator, leaf.value, show)
    opposite = _OPPOSITE.get(leaf.operator)
    return _be(opposite, leaf.value, show) if opposite else f"no longer {_be(leaf.operator, leaf.value, show)}"


def _where(filters: Sequence[d.Filter]) -> str:
    return "".join(f" whose {one.property} {_is(one.operator, one.value)}" for one in filters)


def _subject(leaf: d.OfEvents) -> str:
    what = f"{leaf.event or 'all events'}{_where(leaf.where)}"
    if leaf.sum is None:
        return f"number of {what}"
    return f"sum of {leaf.property}{f' in {leaf.currency}' if leaf.currency else ''} of {what}"


def _compared(leaf: d.OfEvents) -> tuple[str, Any]:
    amount = leaf.sum or leaf.count or d.Amount("gte", 1)
    return amount.operator, amount.value


def _window(window: d.Window) -> str:
    last = f" in the last {window.last}" if window.last else ""
    whole = " of the calendar" if window.last and window.align == "calendar" else ""
    since = f" from {window.since} on" if window.since else ""
    return last + whole + since + (f" before {window.until}" if window.until else "")


def _more(leaf: d.OfEvents, answer: Answer, before: int) -> str:
    """How many more events, or how much more of a sum, make it another."""
    if answer.truth is None:
        return NOTHING
    operator, wanted = _compared(leaf)
    missing = Decimal(str(wanted)) - Decimal(str(answer.value or 0))
    is_over = operator == ("lte" if answer.truth else "gt") or (operator in ("eq", "ne") and missing == 0)
    if missing < 0 or operator in (("gte", "gt") if answer.truth else ("lt", "lte")):
        return "fewer of them would have to count" if leaf.window.last else NOTHING
    what = leaf.event or "event"
    if leaf.sum is None:
        many = f"{missing + is_over} more {what}"
    else:
        many = f"{'over ' if is_over else ''}{missing} more of {leaf.property} by {what}"
    ends = f" before {to_text(moment(before))}" if before < NEVER and not answer.truth else ""
    return f"{many}{_where(leaf.where)}{ends}"


def _sequence(leaf: d.OfSequence) -> str:
    steps = [f"{one.event}{_where(one.where)}{_within(one.within)}" for one in leaf.sequence]
    text = ", then ".join(steps)
    if leaf.not_then:
        text += f", then no {leaf.not_then.event}{_where(leaf.not_then.where)}{_within(leaf.not_then.within)}"
    return f"{text}{f', all with one {leaf.same}' if leaf.same else ''}{_window(leaf.window)}"


def _within(within: str) -> str:
    return f" within {within}" if within else ""


def _of_sequence(leaf: d.OfSequence, answer: Answer) -> str:
    after = leaf.not_then
    if answer.truth:
        ends = after is not None and (after.late_ends or not after.within)
        return f"{after.event}{_where(after.where)}" if after and ends else NOTHING
    if after and answer.until < NEVER:
        return f"no {after.event}{_where(after.where)} before {to_text(moment(answer.until))}"
    return "these events, in this order"
