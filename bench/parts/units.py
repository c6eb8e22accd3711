"""What an event takes of every service, and what that costs: the real handlers over AWS in memory, which counts."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from bench.accounts import accounts
from bench.figures import Figures, figures
from bench.layouts import layouts
from bench.memory.deployed import deployed
from bench.memory.dynamo import Held
from bench.memory.stack import Deployed
from bench.memory.standing import standing
from bench.memory.way import Deployment, measured, warm
from bench.pages import Pages, pages
from bench.prices import bill, idle
from bench.results import Cell, Goal, Part, Table
from bench.saying import say
from bench.workload import Shape

A_MILLION = 1_000_000
_MAPPINGS = {"StoreFromStream": "store_events", "StitchFromEvents": "stitch_identities"}
_MAPPINGS |= {"PublishFromProfiles": "publish_changes", "DeliverFromQueue": "deliver"}
_TABLES = ("events", "profiles", "ledger")
_TOP = 14


class Row(NamedTuple):
    """One run: `events` are counted; `is_whole` rows are left to ALL=1."""

    shape: Shape
    window: int
    events: int
    is_whole: bool = False


BROWSERS = Row(Shape(), 5, 12_000)
BATCHES = Row(Shape(per_request=10), 5, 12_000)
ROWS = (
    BROWSERS,
    Row(Shape(), 1, 6_000),
    Row(Shape(rate=100), 5, 3_000),
    Row(Shape(rate=100), 1, 3_000),
    Row(Shape(rate=10_000), 1, 40_000, is_whole=True),
    Row(Shape(rate=10_000), 5, 100_000, is_whole=True),
    Row(Shape(is_hard=True), 5, 5_000),
    BATCHES,
    Row(Shape(per_request=10), 1, 6_000, is_whole=True),
    Row(Shape(rate=100, per_request=10), 5, 3_000, is_whole=True),
    Row(Shape(rate=100, per_request=10), 1, 3_000, is_whole=True),
    Row(Shape(rate=10_000, per_request=10), 1, 40_000, is_whole=True),
    Row(Shape(rate=10_000, per_request=10), 5, 100_000, is_whole=True),
    Row(Shape(per_request=10, is_hard=True), 5, 12_000, is_whole=True),
)


def measure(is_whole: bool) -> Part:
    stack, still = deployed(), standing()
    runs = dict(_runs(stack, is_whole))
    found = {row: one.figures for row, one in runs.items()}
    browsers, batches = found[BROWSERS], found[BATCHES]
    monthly, usual = idle(deployed(small=True), still), idle(stack, still)
    told = tuple(one.accounts for one in runs.values() if one.accounts)
    return Part(
        "units",
        "What an event takes of every service, and its price",
        (
            *(_by_row(found), _bills(browsers, batches), _written(browsers), _read(browsers), *told),
            _month(monthly, usual),
            *(_in_pages(runs), layouts({row.shape.per_request: runs[row].pages for row in (BROWSERS, BATCHES)})),
        ),
        (
            Goal("write units per event, 1,000/s, 5 s, 2.8 a request", 1.3, browsers.write_units(), _why(browsers)),
            Goal(
                "dollars per million events, 10 a request", 0.9, sum(bill(batches.per_event()).values()), _dear(batches)
            ),
            Goal("Kinesis records per event, 10 a request", 0.1, batches.of("kinesis records"), _EVEN),
            Goal("Kinesis billed KB per event, 10 a request", 0.3, batches.of("kinesis KB"), _EVEN),
            Goal("dollars a month, idle, smallest stage", 20, sum(monthly.values()), _dearest(monthly)),
        ),
    )


_EVEN = "a request in which somebody logs in is two records: one person's events keep their order"


class Ran(NamedTuple):
    """`accounts`: of the first row alone."""

    figures: Figures
    pages: Pages
    accounts: Table | None


def _runs(stack: Deployed, is_whole: bool) -> Iterator[tuple[Row, Ran]]:
    """With ALL=1 the first row is the million, from an empty stage on."""
    there: dict[tuple[float, int], Held] = {}
    for row in (one for one in ROWS if is_whole or not one.is_whole):
        deployment, shape = _deployment(stack, row), row.shape
        if is_whole and row is BROWSERS:
            run = measured(deployment, shape, {}, 0, A_MILLION)
        else:
            key = shape.per_request, max(shape.rate, 1_000)  # slower traffic comes from some of the same sessions
            if key not in there:
                there[key] = warm(deployment, replace(shape, rate=key[1], is_hard=False))
            unseen = max(row.events // 4, min(2 * row.window * shape.rate, row.events))
            run = measured(deployment, shape, there[key], unseen, row.events)
        say(f"{shape.rate:,}/s, {row.window} s, {shape.per_request} a request: {run.events:,} events counted")
        told = accounts(run.held) if row is BROWSERS else None
        yield row, Ran(figures(run.counts, run.events), pages(run.stored), told)


def _deployment(stack: Deployed, row: Row) -> Deployment:
    """As it is deployed, but for the window. A stream or table of little traffic has four shards."""
    mappings = {name: stack.mapping(key) for key, name in _MAPPINGS.items()}
    batches = {name: (one.most, row.window if one.window else 0) for name, one in mappings.items()}
    return Deployment(stack.memory(), batches, max(4, row.shape.rate // 500))


def _in_pages(runs: Mapping[Row, Ran]) -> Table:
    """What the other layout would save, and what it would cost is not in numbers: docs/decisions/0034."""
    names: tuple[str, ...] = ("events/s", "a request", "properties", "pages", "bytes")
    names += ("write units, pages", "write units, items")
    names += ("all write units with pages", "dollars with pages", "dollars with items")
    rows = []
    for row, (one, paged, _) in runs.items():
        counts = one.per_event()
        units = counts.write_units - one.write_units("events") + paged.units
        dollars = sum(bill(replace(counts, write_units=units)).values()), sum(bill(counts).values())
        head = row.shape.rate, row.shape.per_request, "hard" if row.shape.is_hard else "plain", paged.items, paged.size
        rows.append((*head, paged.units, one.write_units("events"), units, *dollars))
    note = "By event, and dollars a million events. Windows make no difference to the layout of events."
    return Table("pages", "Had events lain in pages", names, tuple(rows), note)


def _by_row(found: Mapping[Row, Figures]) -> Table:
    names = ("events/s", "window s", "a request", "properties", *(f"write units {one}" for one in _TABLES))
    names += ("write units", "read units", "DynamoDB requests", "Kinesis records", "Kinesis KB", "KMS calls")
    names += ("S3 puts", "bus entries", "log bytes", "Lambda GB-ms")
    note = (
        "By event. Batches are as the mappings of the stack make them, but for the window. One process for each"
        " function: each further warm one reads the catalogue once a minute more, and marks what waits twice a minute."
    )
    rows = tuple(_row(row, one) for row, one in found.items())
    return Table("units", "What an event takes", names, rows, note)


def _row(row: Row, one: Figures) -> tuple[Cell, ...]:
    shape, counts = row.shape, one.per_event()
    head: tuple[Cell, ...] = (shape.rate, row.window, shape.per_request, "hard" if shape.is_hard else "plain")
    tables = tuple(round(one.write_units(table), 4) for table in _TABLES)
    measures = ("dynamodb requests", "kinesis records", "kinesis KB", "kms requests", "s3 puts", "eventbridge entries")
    figured = (counts.write_units, counts.read_units, *(one.of(name) for name in measures), one.log_bytes())
    return (*head, *tables, *(round(number, 4) for number in figured), round(counts.gb_seconds * 1000, 3))


def _bills(browsers: Figures, batches: Figures) -> Table:
    left, right = bill(browsers.per_event()), bill(batches.per_event())
    rows = [(name, round(left[name], 4), round(right[name], 4)) for name in left]
    total = ("all", round(sum(left.values()), 4), round(sum(right.values()), 4))
    names = ("service", "dollars, 2.8 a request", "dollars, 10 a request")
    note = (
        "1,000 events/s, 5 s, one source, and nothing that is told of: no segment, no destination. List prices of"
        " us-east-1 without free tiers, storage, the lake that is built each hour, what is read, and what is billed by"
        " the hour."
    )
    return Table("bill", "A million events", names, (*rows, total), note)


def _written(one: Figures) -> Table:
    top = sorted(one.units, key=lambda written: -one.units[written])[:_TOP]
    rows = tuple(
        (*written, round(one.items[written], 4), round(one.sizes[written]), round(one.units[written], 4))
        for written in top
    )
    names = ("function", "operation", "table", "item", "writes", "bytes", "units")
    return Table("written", "Where the write units go (1,000 events/s, 5 s, 2.8 a request)", names, rows)


def _read(one: Figures) -> Table:
    found = {key: number for key, number in one.by.items() if key[1].startswith("read units")}
    rows = tuple(
        (function, measure.removeprefix("read units "), round(number, 4))
        for (function, measure), number in sorted(found.items(), key=lambda entry: -entry[1])
    )
    title = "Where the read units go (1,000 events/s, 5 s, 2.8 a request)"
    return Table("read", title, ("function", "table", "units"), rows)


def _month(small: Mapping[str, float], usual: Mapping[str, float]) -> Table:
    names = dict.fromkeys([*usual, *small])
    rows = [(name, round(small.get(name, 0.0), 2), round(usual.get(name, 0.0), 2)) for name in names]
    total = ("all", round(sum(small.values()), 2), round(sum(usual.values()), 2))
    note = (
        "The stage `dev` as it is synthesised, without an event: `small`, and as cdk.json has it. Without storage, and"
        " but for KMS the requests of what runs once an hour. While events come, metrics of the hot path and the keys"
        " that DynamoDB asks for every five minutes take some dollars a month more, however many events."
    )
    return Table("idle", "An idle month", ("for", "dollars, small", "dollars, usual"), (*rows, total), note)


def _why(one: Figures) -> str:
    top = sorted(one.units, key=lambda written: -one.units[written])[:3]
    return ", ".join(f"{one.units[written]:.2f} {written.kind} by {written.operation}" for written in top)


def _dear(one: Figures) -> str:
    return _dearest(bill(one.per_event()))


def _dearest(lines: Mapping[str, float]) -> str:
    top = sorted(lines, key=lambda name: -lines[name])[:3]
    return ", ".join(f"{lines[name]:.2f} {name}" for name in top)
