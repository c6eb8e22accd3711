"""What the profile snapshot, a preview and a dry run take over generated people, and what queries by hand would.

DynamoDB and S3 are left out: their time comes on top. Each is done in a process of its own.
"""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from bench.alone import Alone, alone
from bench.racing.lake import DAYS, EVENTS_EACH, NOW, ORDER, events, opened, snapshot
from bench.results import Cell, Table
from shared.domain.segments import definition as d
from shared.domain.times import to_text
from shared.lake.files import SNAPSHOT_FILE
from shared.lake.segments.dry_running import Rules, dry_run
from shared.lake.segments.previewing import preview

TRAIT, ORDERS = "a trait", "two large orders in 30 days"
BIG = (d.Filter("properties.total", "number", "gte", 50_000),)
WHERE: dict[str, d.Condition] = {
    TRAIT: d.OfTrait("city", "text", "eq", "Seoul"),
    ORDERS: d.OfEvents(ORDER, d.Amount("gte", 2), where=BIG, window=d.Window("P30D")),
    "cart abandoned": d.OfSequence(
        (d.Step("Product Added"),), d.NotThen(ORDER, within="PT30M"), window=d.Window("P7D")
    ),
    "lapsed": d.Group("not", (d.OfEvents(ORDER, window=d.Window("P30D")),)),
}
SEGMENTS = {name: d.Segment(f"s{n}", name, where, "Asia/Seoul") for n, (name, where) in enumerate(WHERE.items())}


def previews(is_whole: bool) -> tuple[Table, Table]:
    """The first is what ours take, the second the race."""
    people = 1_000_000 if is_whole else 50_000
    with TemporaryDirectory(prefix="bench-") as folder:
        alone(events, folder, people)
        taken = alone(snapshot, folder, people)
        ours = {name: alone(previewed, folder, name) for name in SEGMENTS}
        played = alone(dry_runs, folder, 10_000 if is_whole else 1_000)
        raced = _race(folder, ours)
    timed = {"snapshot of all": taken, **{f"preview: {name}": one for name, one in ours.items()}}
    timed[f"dry run of 30 days, {played.answer}"] = played
    title = f"Previews over {people:,} people and {EVENTS_EACH * people:,} events on {DAYS} days"
    columns = ("what", "seconds", "CPU seconds", "peak MB")
    return Table("previews", title, columns, tuple((what, *_took(one)) for what, one in timed.items())), raced


def _race(folder: str, ours: Mapping[str, Alone]) -> Table:
    rivals = {TRAIT: (trait_by_duckdb, trait_by_polars), ORDERS: (orders_by_duckdb, orders_by_polars)}
    rows: list[tuple[Cell, ...]] = []
    for name, (by_duckdb, by_polars) in rivals.items():
        raced = {"jogakbo": ours[name], "DuckDB": alone(by_duckdb, folder), "polars": alone(by_polars, folder)}
        rows += [(name, who, one.answer, *_took(one)) for who, one in raced.items()]
    title = "Who is in a segment of those people, by a preview and by hand"
    note = "By hand: a query that knows the columns, and nothing of merges, unknown values or who was in before."
    columns = ("segment", "by", "people in it", "seconds", "CPU seconds", "peak MB")
    return Table("previews_race", title, columns, tuple(rows), note)


def _took(one: Alone) -> tuple[Cell, ...]:
    return round(one.seconds, 2), round(one.cpu, 2), one.mb


def previewed(place: str, name: str) -> int:
    return preview(opened(Path(place)), SEGMENTS[name], []).size


def dry_runs(place: str, people: int) -> str:
    """Of a cart abandoned, whose people come and go."""
    first, last = NOW - timedelta(days=30), NOW
    told = dry_run(opened(Path(place)), SEGMENTS["cart abandoned"], [], Rules(), first, last, people)
    return f"{told.people} people, {told.entered + told.left} crossings"


def trait_by_duckdb(place: str) -> int:
    city = "json_extract_string(traits, '$.city')"
    return _one(f"SELECT count(*) FROM '{place}/{SNAPSHOT_FILE}' WHERE {city} = 'Seoul'")


def trait_by_polars(place: str) -> int:
    import polars as pl

    people = pl.scan_parquet(f"{place}/{SNAPSHOT_FILE}")
    city = pl.col("traits").str.json_path_match("$.city")
    return int(people.filter(city == "Seoul").select(pl.len()).collect().item())


def orders_by_duckdb(place: str) -> int:
    wanted = f"name = '{ORDER}' AND time > '{_since()}' AND json_extract(properties, '$.total')::DOUBLE >= 50000"
    rows = f"read_parquet('{place}/lake/events/*/*/*.parquet') WHERE {wanted}"
    return _one(f"SELECT count(*) FROM (SELECT profile_id FROM {rows} GROUP BY profile_id HAVING count(*) >= 2)")


def orders_by_polars(place: str) -> int:
    import polars as pl

    rows = pl.scan_parquet(f"{place}/lake/events/*/*/*.parquet")
    total = pl.col("properties").str.json_path_match("$.total").cast(pl.Float64)
    during = pl.col("time") > pl.lit(_since()).str.to_datetime("%Y-%m-%dT%H:%M:%S%.f")
    orders = rows.filter((pl.col("name") == ORDER) & during).filter(total >= 50_000).group_by("profile_id").len()
    return int(orders.filter(pl.col("len") >= 2).select(pl.len()).collect().item())


def _since() -> str:
    return to_text(NOW - timedelta(days=30))[:-1]


def _one(query: str) -> int:
    row = duckdb.connect().execute(query).fetchone()
    if row is None:
        raise RuntimeError(query)
    return int(row[0])
