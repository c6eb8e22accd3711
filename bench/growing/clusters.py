"""What stitching one event costs, by how many identifiers its person has."""

from bench.growing.people import connected, event, stitched, warm
from bench.growing.world import World, world
from bench.results import Cell, Curve, Table

SIZES = (2, 10, 100, 300, 900)
ROUNDS = 10
_TODAY = 20.0


def clusters(is_whole: bool) -> Table:
    with world() as opened:
        for size in SIZES:
            connected(opened, f"cluster-{size}", size)
        rounds = [_round(opened, number) for number in range(ROUNDS * (1 + 3 * is_whole))]
    rows = tuple((size, *_units(rounds[0], size), *_least(rounds, size)) for size in SIZES)
    names = ("known: read units", "known: write units", "new: read units", "new: write units", "known: CPU ms")
    return Table(
        "clusters",
        "Stitching one event, by the identifiers of its person",
        ("identifiers", *names, "new: CPU ms"),
        rows,
        "Known: all identifiers of the event are the person's. New: one of them joins. "
        "CPU without boto3 and DynamoDB. A person has at most 1,000 identifiers.",
        Curve("identifiers", (*names, "new: CPU ms"), log=True),
    )


_Seen = dict[tuple[int, str], tuple[float, float, float]]
"""Read units, write units and CPU seconds, by size and whether the event's device was known."""


def _round(opened: World, number: int) -> _Seen:
    seen: _Seen = {}
    for size in SIZES:
        for kind in ("known", "new"):
            who = {"userId": f"cluster-{size}"}
            if kind == "new":
                who["anonymousId"] = f"newcomer-{number}-{size}"
            seen[size, kind] = _stitching(opened, who, number)
    return seen


def _stitching(opened: World, who: dict[str, str], number: int) -> tuple[float, float, float]:
    """A device a round, eight days after the one before."""
    days = _TODAY + 8 * number
    warm(opened)
    one = event(who, 1_000_000 + number, days)
    with opened.dynamo.counted() as cost:
        took = opened.seconds(lambda: stitched(opened, [one], -8.0 * number))
    return cost.read_units, cost.write_units, took


def _units(first: _Seen, size: int) -> tuple[Cell, ...]:
    return (*first[size, "known"][:2], *first[size, "new"][:2])


def _least(rounds: list[_Seen], size: int) -> tuple[float, float]:
    known, new = (round(1000 * min(one[size, kind][2] for one in rounds), 2) for kind in ("known", "new"))
    return known, new
