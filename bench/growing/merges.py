"""What one merge asks of DynamoDB, by how many events each of the two people has."""

from dataclasses import dataclass

from bench.growing.people import OLD, event, lived, stitched, warm
from bench.growing.world import World, world
from bench.results import Curve, Goal, Table

SIZES = (10, 100, 1_000, 10_000)
DENSE = 0.001
"""Days between two batches: all within the two days whose hashes are kept."""


@dataclass(frozen=True, slots=True)
class Merge:
    requests: int
    read_units: float
    write_units: float
    bytes_sent: int


def merges() -> tuple[Table, tuple[Goal, ...]]:
    with world() as opened:
        old = [measured(opened, number, OLD) for number in SIZES]
        dense = [measured(opened, number, DENSE) for number in SIZES]
    rows = tuple(
        (n, one.requests, one.read_units, one.write_units, one.bytes_sent, new.write_units, new.bytes_sent)
        for n, one, new in zip(SIZES, old, dense, strict=True)
    )
    names = ("requests", "read units", "write units", "bytes written")
    late = ("write units, all in two days", "bytes written, all in two days")
    note = (
        "Bytes are those of items in the requests. Of the last two days a person keeps a hash of each event: up to 48 "
        "of an identifier in the profile, the others in items of their own."
    )
    table = Table(
        "merge",
        "A merge, by the events of each side",
        ("events of each", *names, *late),
        rows,
        note,
        Curve("events of each", ("write units", "read units", "requests", late[0]), log=True),
    )
    figure = "a merge, write units at {:,} events of each against 10{}"
    why = "the profile holds up to 48 hashes of events of each side"
    return table, (
        Goal(figure.format(SIZES[-1], ""), 1.1, old[-1].write_units / old[0].write_units),
        Goal(figure.format(SIZES[-1], ", all in two days"), 1.1, dense[-1].write_units / dense[0].write_units, why),
    )


def measured(opened: World, number: int, days_between: float) -> Merge:
    name = f"{number}-{days_between}"
    known, visitor = {"userId": f"user-{name}"}, {"anonymousId": f"visitor-{name}"}
    lived(opened, known, number, days_between)
    lived(opened, visitor, number, days_between)
    warm(opened)
    opened.bytes_sent = 0
    with opened.dynamo.counted() as cost:
        stitched(opened, [event({**known, **visitor}, number, 20)])
    return Merge(cost.round_trips, cost.read_units, cost.write_units, opened.bytes_sent)
