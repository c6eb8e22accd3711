"""When somebody is to be looked at again, because time alone may change what is told of them."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from math import ceil

from shared.domain.times import from_text, to_text

AHEAD = timedelta(minutes=2)
"""How far ahead the sweep of each minute looks. What comes sooner than the next sweep may be is handed over by the
write itself."""

GRACE = timedelta(minutes=5)
"""How long a minute is looked at again after it is over: transactions commit later than their moment was found."""

MOST_MARKED = 20
"""Moments that a profile knows it is marked for: a person of many who were merged has a mark of each. A mark that it
doesn't know any more leads to a look that finds nothing.
"""


def due_moments(marked: Iterable[str], first: str, now: datetime) -> tuple[str, ...]:
    """The moments that somebody is marked for, the first of which is not after `first`, empty for never. Of `marked`,
    those that they are marked for by now, one that is early enough stays: what moves a change to later, as each
    purchase does, moves no mark. The nearest MOST_MARKED of them.
    """
    ahead = tuple(sorted(moment for moment in marked if moment > to_text(now)))
    return (ahead if not first or (ahead and ahead[0] <= first) else (first, *ahead))[:MOST_MARKED]


def minute_of(moment: datetime | str) -> str:
    """`2026-11-21T09:30`"""
    return (moment if isinstance(moment, str) else to_text(moment))[:16]


def minutes(first: str, last: str) -> list[str]:
    """Every minute from `first` to `last`, both included."""
    start, end = (datetime.fromisoformat(f"{one}+00:00") for one in (first, last))
    return [minute_of(start + timedelta(minutes=n)) for n in range(int((end - start) / timedelta(minutes=1)) + 1)]


def seconds_until(moment: str, now: datetime) -> int:
    """Whole ones, after which the moment has surely come; 0 where it is over."""
    return max(0, ceil((from_text(moment) - now) / timedelta(seconds=1)))
