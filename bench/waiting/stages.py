"""One event's way as a list of moments, put together by its correlation id, and how long each stage took."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from bench.results import Cell

STAGES = ("accepted (200)", "stored", "on the profile", "fact on the bus", "at the webhook")


@dataclass(frozen=True, slots=True)
class Sent:
    """Seconds since 1970 on the client's clock, which is that of every function here."""

    correlation_id: str
    at: float
    accepted: float


Moments = Mapping[str, float]
"""By correlation id."""


def ways(sent: Iterable[Sent], *later: Moments) -> list[tuple[float | None, ...]]:
    """Of each event the milliseconds from the call to each of STAGES; None where it never came there."""
    return [
        ((one.accepted - one.at) * 1000, *(_since(one.at, moments.get(one.correlation_id)) for moments in later))
        for one in sent
    ]


def _since(start: float, moment: float | None) -> float | None:
    return None if moment is None else (moment - start) * 1000


def rows(found: Sequence[tuple[float | None, ...]]) -> tuple[tuple[Cell, ...], ...]:
    """Stage, p50, p90, p99 and the most, in milliseconds, and how many never came."""
    told: list[tuple[Cell, ...]] = []
    for place, stage in enumerate(STAGES):
        taken = sorted(one for way in found if (one := way[place]) is not None)
        cuts = [round(percentile(taken, share), 1) for share in (50, 90, 99, 100)] if taken else [None] * 4
        told.append((stage, *cuts, len(found) - len(taken)))
    return tuple(told)


def percentile(ordered: Sequence[float], share: int) -> float:
    """The least value that so many of a hundred don't exceed."""
    return ordered[max(0, ceil(len(ordered) * share / 100) - 1)]
