"""Which days of the lake a segment asks for, so that whoever copies it copies no others."""

from collections.abc import Iterable, Iterator

from shared.domain.segments.conditions import kept_for
from shared.domain.segments.definition import OfEvents, OfSequence, Segment
from shared.domain.segments.memberships import needing
from shared.domain.segments.trees import leaves
from shared.domain.segments.windows import moment
from shared.lake.segments.reading import start_of

EVER, NEVER = "", "~"
"""Before and behind every day as it is written."""


def first_day(segment: Segment, others: Iterable[Segment], at: int) -> str:
    """The first day whose events matter at an instant, in milliseconds: EVER for all, NEVER where the profile snapshot
    answers alone. `others`: those that it may ask for.
    """
    return min((day for one in needing(segment, others) for day in _days(one, at)), default=NEVER)


def _days(segment: Segment, at: int) -> Iterator[str]:
    """Of a sequence no step lies before its first one, which is in the window."""
    for _, leaf in leaves(segment.where):
        if isinstance(leaf, OfSequence) or (isinstance(leaf, OfEvents) and kept_for(leaf, segment.zone).how != "tally"):
            start = start_of(leaf.window, segment.zone, at)
            yield EVER if start is None else str(moment(start).date())
