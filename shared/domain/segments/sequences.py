"""Sequences: when a chain of steps holds, as spans of time, from the times that a profile keeps of each step.

A chain is as good as its latest possible beginning: that leaves the window last.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from shared.domain.aggregates import Part
from shared.domain.computing import Counted
from shared.domain.segments.conditions import step_times
from shared.domain.segments.definition import NotThen, OfSequence, Step
from shared.domain.segments.windows import NEVER, Leaves, counts_in, duration_of, leaving

Parts = Mapping[str, Part]


class Chain(NamedTuple):
    """Its first and last times, in milliseconds."""

    first: int
    last: int


class Span(NamedTuple):
    """From `start` on, before `end`."""

    start: int
    end: int


def steps_kept(leaf: OfSequence) -> tuple[Counted, ...]:
    """What is kept of each step, and at last of what must not follow."""
    steps: list[Step | NotThen] = [*leaf.sequence, *([leaf.not_then] if leaf.not_then else [])]
    return tuple(step_times(step.event, step.where, leaf.same) for step in steps)


def sequence_asked(leaf: OfSequence, zone: str) -> Callable[[Parts, int], tuple[bool, int, str | None]]:
    """What tells whether it holds now, until when if nothing happens, and since when."""
    keys, leaves, counts = [one.key for one in steps_kept(leaf)], leaving(leaf.window, zone), counts_in(leaf.window)
    withins = [_length(step.within) for step in leaf.sequence]

    def answer(parts: Parts, now: int) -> tuple[bool, int, str | None]:
        found = [_by_value(parts.get(key), has_value=bool(leaf.same)) for key in keys]
        values = set(found[0]).intersection(*found[1 : len(withins)])
        spans: list[Span] = []
        for value in values:
            times = [step[value] for step in found[: len(withins)]]
            first = [ms for ms in times[0] if counts(ms)]
            against = found[-1].get(value, []) if leaf.not_then else []
            spans += spans_of(chains([first, *times[1:]], withins), leaves, leaf.not_then, against)
        return holds(spans, now)

    return answer


def chains(times: Sequence[Sequence[int]], withins: Sequence[int]) -> list[Chain]:
    """For each time of the last step that ends a chain, the chain that begins latest. Each step is strictly later than
    the one before; `times` ascend.
    """
    found = [Chain(ms, ms) for ms in times[0]]
    for step, within in zip(times[1:], withins[1:], strict=True):
        lasts = [one.last for one in found]
        # The chain that ends latest before a time begins latest, too: both only grow.
        before = [(ms, bisect_left(lasts, ms) - 1) for ms in step]
        found = [Chain(found[n].first, ms) for ms, n in before if n >= 0 and lasts[n] >= ms - within]
    return found


def spans_of(
    found: Iterable[Chain], leaves: Leaves, not_then: NotThen | None, against: Sequence[int]
) -> Iterator[Span]:
    """When each chain holds; `against` are the times of what must not follow, ascending."""
    wait = _length(not_then.within) if not_then and not_then.within else 0
    for chain in found:
        start, end = (chain.last + wait if wait else -NEVER), leaves(chain.first)
        if not_then:
            after = bisect_right(against, chain.last)
            follows = against[after] if after < len(against) else NEVER
            if follows <= start or (follows != NEVER and (not_then.late_ends or not wait)):
                continue
        if start < end:
            yield Span(start, end)


def holds(spans: Iterable[Span], now: int) -> tuple[bool, int, str | None]:
    """Whether any span holds now, and the next moment at which that changes."""
    ordered = sorted(span for span in spans if span.end > now)
    if not ordered:
        return False, NEVER, None
    until = now
    for span in ordered:
        if span.start > until:
            break
        until = max(until, span.end)
    if until > now:
        return True, until, None
    return False, ordered[0].start, None


def _length(within: str) -> int:
    duration = duration_of(within)
    return duration.milliseconds if duration else NEVER


def _by_value(part: Part | None, *, has_value: bool) -> dict[str, list[int]]:
    """Times by what they have in common; all under one name where nothing was asked for."""
    if part is None:
        return {}
    if not has_value:
        return {"": list(part[2])}
    found: dict[str, list[int]] = {}
    for ms, value in part[2]:
        found.setdefault(value, []).append(ms)
    return found
