"""What a segment may not be beside others, nor after what it was."""

from collections.abc import Iterable, Iterator, Mapping

from shared.domain.flaws import Flaw
from shared.domain.segments.definition import OfSegment, Segment
from shared.domain.segments.memberships import asked_for
from shared.domain.segments.sizes import bytes_of_all
from shared.domain.segments.trees import definition_hash, leaves

MOST_LIVE = 1000
MOST_BYTES_OF_ALL = 100_000
"""Of the conditions of all segments that are live or paused, on a profile that meets each, at worst."""

USED = frozenset({"live", "paused"})
"""States in which people are members."""

DECIDING = frozenset({"where", "zone", "include_anonymous", "split"})
"""Fields that decide on who is in: those of `definition_hash`."""

_NEXT: Mapping[str, tuple[str, ...]] = {
    "draft": ("draft", "live", "archived"),
    "live": ("live", "paused", "archived"),
    "paused": ("paused", "live", "archived"),
    "archived": ("archived",),
}


def flaws_beside(segment: Segment, others: Iterable[Segment]) -> Iterator[Flaw]:
    """`others`: all of the catalogue without it."""
    known = {one.id: one for one in others}
    yield from _cycles(segment, known)
    used = [one for one in known.values() if one.state in USED]
    if segment.state not in USED:
        return
    if len(used) >= MOST_LIVE:
        yield Flaw("state", f"{MOST_LIVE} segments are live or paused already.", "Archive another.")
    size = bytes_of_all([*used, segment])
    if size > MOST_BYTES_OF_ALL and size > bytes_of_all(used):
        message = f"What people keep for all conditions may take {size} bytes; {MOST_BYTES_OF_ALL} is the limit."
        yield Flaw("where", message, "Ask for fewer events or shorter windows, or archive another segment.")


def flaws_after(segment: Segment, before: Segment | None) -> Iterator[Flaw]:
    """`before`: as it is now, None for a new one."""
    if before and segment.state not in _NEXT[before.state]:
        message = f"What is {before.state} can't become {segment.state}."
        others = " or ".join(_NEXT[before.state][1:])
        fix = f"It can become {others}." if others else "Make another with an id of its own: this one has a history."
        yield Flaw("state", message, fix)


def is_for_good(segment: Segment) -> bool:
    """Whether people were, or may have been, members: its id says who for good."""
    return segment.state != "draft"


def flaws_unapproved(segment: Segment, before: Segment | None, author: str, by: str) -> Iterator[Flaw]:
    """Where segments need approval: who makes one live changes nothing else of whom it selects, and isn't the one who
    wrote that. `author`: who last did.
    """
    if segment.state != "live":
        return
    if before is None or definition_hash(before) != definition_hash(segment):
        fix = "Save it as draft, or pause it; then somebody else sets `state: live` and nothing else."
        yield Flaw("state", "A segment needs approval before it is live, as it is written.", fix)
    elif before.state != "live" and author == by:
        yield Flaw("state", f"{author} wrote it, and can't approve it.", "Let somebody else make it live.")


def _cycles(segment: Segment, known: Mapping[str, Segment]) -> Iterator[Flaw]:
    for pointer, leaf in leaves(segment.where):
        way = _way(leaf.segment, segment.id, known) if isinstance(leaf, OfSegment) else None
        if way:
            field = f"where{pointer.replace('/', '.')}.segment"
            message = f"It would ask for itself: {', which asks for '.join([segment.id, *way])}."
            yield Flaw(field, message, "Ask for another, or take it from one of these.")


def _way(start: str, end: str, known: Mapping[str, Segment]) -> list[str] | None:
    """Segments from the first to the last, each of which asks for the next; None where none leads there."""
    before: dict[str, str] = {start: ""}
    waiting = [start] if start != end else []
    while waiting:
        one = waiting.pop()
        for other in sorted(asked_for(known[one].where)) if one in known else ():
            if other not in before:
                before[other] = one
                waiting.append(other)
    if end not in before or start == end:
        return None
    way = [end]
    while way[0] != start:
        way.insert(0, before[way[0]])
    return way
