"""What conditions take on a profile at worst: they share the room of one item with everything else."""

from collections.abc import Iterable

from shared.domain.segments.conditions import kept_for
from shared.domain.segments.definition import MOST_KEPT_OF_STEP, Leaf, OfEvents, OfSequence, Segment
from shared.domain.segments.sequences import steps_kept
from shared.domain.segments.trees import leaves
from shared.domain.segments.windows import days_kept

_FRAME = 40
"""Bytes around a part: its key, its function, what was left out."""

_TIME, _TIME_AND_VALUE = 14, 31
_DAY_OF_SUM, _DAY_OF_COUNT = 45, 20


def bytes_of(leaf: Leaf, zone: str) -> dict[str, int]:
    """By the keys of its parts; none where a profile has the answer anyway."""
    if isinstance(leaf, OfSequence):
        size = _FRAME + MOST_KEPT_OF_STEP * (_TIME_AND_VALUE if leaf.same else _TIME)
        return dict.fromkeys((one.key for one in steps_kept(leaf)), size)
    if not isinstance(leaf, OfEvents) or (kept := kept_for(leaf, zone)).counted is None:
        return {}
    if kept.how == "times":
        return {kept.counted.key: _FRAME + kept.most * _TIME}
    days = days_kept(leaf.window)
    day = _DAY_OF_SUM if leaf.sum else _DAY_OF_COUNT
    return {kept.counted.key: _FRAME + day * (days + 2 if days else 1)}


def bytes_of_all(segments: Iterable[Segment]) -> int:
    """Conditions that several have are kept once."""
    found: dict[str, int] = {}
    for segment in segments:
        for _, leaf in leaves(segment.where):
            found |= bytes_of(leaf, segment.zone)
    return sum(found.values())
