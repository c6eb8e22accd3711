"""What a segment's definition may not say by itself, each at its place, with what mends it."""

import re
from collections.abc import Iterator

from shared.domain.flaws import LONGEST_NAME, ZONE_FIX, Flaw, is_name, is_zone
from shared.domain.segments.definition import Condition, Group, Leaf, OfSegment, Segment
from shared.domain.segments.leaf_flaws import leaf_flaws, within
from shared.domain.segments.sizes import bytes_of

MOST_BYTES = 40_000
"""Of one condition on a profile, at worst."""

LONGEST_DESCRIPTION = 2000
MOST_ARMS = 20
MOST_WEIGHT = 10_000
_ARM = re.compile("[a-z0-9_][a-z0-9_-]{0,63}")


def segment_flaws(segment: Segment) -> Iterator[Flaw]:
    if not is_name(segment.name):
        yield Flaw("name", "It is empty or too long.", f"1 to {LONGEST_NAME} characters.")
    for field, most in {"owner": LONGEST_NAME, "description": LONGEST_DESCRIPTION}.items():
        if len(getattr(segment, field)) > most:
            yield Flaw(field, "It is too long.", f"{most} characters at most.")
    if not is_zone(segment.zone):
        yield Flaw("zone", f"“{segment.zone}” is no time zone.", ZONE_FIX)
    yield from _split(segment)
    yield from within("where", _condition(segment.where, segment))


def _split(segment: Segment) -> Iterator[Flaw]:
    if segment.split and not 2 <= len(segment.split) <= MOST_ARMS:
        yield Flaw("split", "These are no arms to choose from.", f"2 to {MOST_ARMS} arms, or no `split` at all.")
    for arm, weight in segment.split.items():
        steps = ("split", arm)
        if not _ARM.fullmatch(arm):
            fix = "Small letters, digits, - and _; 64 at most."
            yield Flaw(".".join(steps), f"“{arm}” is no name of an arm.", fix, steps=steps)
        if not 1 <= weight <= MOST_WEIGHT:
            yield Flaw(".".join(steps), f"{weight} is no weight.", f"1 to {MOST_WEIGHT}.", steps=steps)


def _condition(condition: Condition, segment: Segment) -> Iterator[Flaw]:
    if not isinstance(condition, Group):
        yield from _leaf(condition, segment)
        return
    if not condition.of:
        message = f"An empty `{condition.op}` says nothing, least of all that everybody is in."
        yield Flaw("of", message, "Say a condition, or leave the group out.")
    elif condition.op == "not" and len(condition.of) != 1:
        fix = "Put them into an `or` (none of them) or an `and` (not all of them), and that into the `not`."
        yield Flaw("of", f"It is open what `not` of {len(condition.of)} conditions is.", fix)
    for place, inner in enumerate(condition.of):
        yield from within(f"of.{place}", _condition(inner, segment))


def _leaf(leaf: Leaf, segment: Segment) -> Iterator[Flaw]:
    flaws = list(leaf_flaws(leaf))
    yield from flaws
    if isinstance(leaf, OfSegment) and leaf.segment == segment.id:
        yield Flaw("segment", "It asks for itself.", "The id of another one.")
    if flaws or not is_zone(segment.zone):
        return
    if any(size > MOST_BYTES for size in bytes_of(leaf, segment.zone).values()):
        message = "So many days can't be kept on a profile: a condition has to be answered from bounded state."
        yield Flaw("window.last", message, "A shorter window, or none.")
