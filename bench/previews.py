"""What the profile snapshot, a preview and a dry run take, seconds and memory, over generated people.

`python -m bench.previews [people]`, a million without a word. DynamoDB and S3 are left out: their time comes on top.
"""

import hashlib
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import reduce
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from shared.domain.computing import DECLARED
from shared.domain.events import Event, HashedIdentifier
from shared.domain.identifiers import Identifier
from shared.domain.profiles import Profile, sealed
from shared.domain.purposes import NONE_DECLARED
from shared.domain.segments import definition as d
from shared.domain.state import ProfileState, fold
from shared.domain.times import to_text
from shared.lake.columns import EVENT_COLUMNS, PROFILE_COLUMNS, declared, listed
from shared.lake.files import SNAPSHOT_FILE
from shared.lake.opening import lay_tables
from shared.lake.profile_rows import profile_row
from shared.lake.scratch import scratch
from shared.lake.segments.dry_running import Rules, dry_run
from shared.lake.segments.previewing import preview
from shared.stores.profile_items import profile_item, to_profile

NOW = datetime(2026, 11, 22, tzinfo=UTC)
EVENTS_EACH, DAYS, TEMPLATES, AT_A_TIME = 5, 60, 500, 5_000
NAMES = ("Product Viewed", "Product Added", "Order Completed")
_ORDER = "Order Completed"
BIG = (d.Filter("properties.total", "number", "gte", 50_000),)
WHERE: dict[str, d.Condition] = {
    "a trait": d.OfTrait("city", "text", "eq", "Seoul"),
    "two large orders in 30 days": d.OfEvents(_ORDER, d.Amount("gte", 2), where=BIG, window=d.Window("P30D")),
    "cart abandoned": d.OfSequence(
        (d.Step("Product Added"),), d.NotThen(_ORDER, within="PT30M"), window=d.Window("P7D")
    ),
    "lapsed": d.Group("not", (d.OfEvents(_ORDER, window=d.Window("P30D")),)),
}
SEGMENTS = {name: d.Segment(f"s{n}", name, where, "Asia/Seoul") for n, (name, where) in enumerate(WHERE.items())}


def main() -> None:
    people = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    if len(sys.argv) > 3:
        _run(sys.argv[2], Path(sys.argv[3]), people)
        return
    with TemporaryDirectory(prefix="bench-") as folder:
        for what in ("events", "snapshot", *(f"preview {name}" for name in SEGMENTS), "dry run of 10000 people"):
            program = [sys.executable, "-m", "bench.previews", str(people), what, folder]
            subprocess.run(program, check=True)


def _run(what: str, folder: Path, people: int) -> None:
    """One of them in a process of its own, so that its memory is its own."""
    start = time.perf_counter()
    told = _WORK[what.split()[0]](what, folder, people)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(f"{what}: {time.perf_counter() - start:.1f} s, {peak:.0f} MB at most; {told}\n")


def _events(_: str, folder: Path, people: int) -> str:
    """A file for each day. Somebody's events are some days apart, and their cart is ordered by every second of them."""
    (folder / "lake/events").mkdir(parents=True)
    names = ", ".join(f"'{name}'" for name in NAMES)
    made = {
        "pk": "'A#' || (n % people)",
        "sk": "'m' || n",
        "message_id": "'m' || n",
        "type": "'track'",
        "name": f"[{names}][(1 + hash(n) % 3)::INT]",
        "time": f"$now::TIMESTAMP - to_seconds((hash(n * 7) % {DAYS * 86_400})::INT)",
        "received_at": '"time"',
        "stored_at": '"time"',
        "profile_id": "format('p{:08d}', n % people)",
        "user_id": "'u' || (n % people)",
        "properties": "'{\"total\":' || (hash(n * 3) % 100000) || ',\"product_id\":\"' || (hash(n) % 500) || '\"}'",
        "amount": "(hash(n * 3) % 100000)::DECIMAL(19, 4)",
        "currency": "'KRW'",
    }
    columns = ", ".join(f'CAST({made.get(c.name, "NULL")} AS {c.kind}) AS "{c.name}"' for c in EVENT_COLUMNS)
    source = f"(SELECT range AS n, {people} AS people FROM range({people * EVENTS_EACH}))"
    space = duckdb.connect(config={"memory_limit": "1GB", "temp_directory": str(folder / "spill"), "threads": 2})
    text = columns.replace("$now", f"'{to_text(NOW)[:-1]}'")
    space.execute(f"COPY (SELECT {text} FROM {source}) TO '{folder}/all.parquet' (FORMAT parquet)")
    for day in range(DAYS):
        first = NOW - timedelta(days=day + 1)
        path = folder / f"lake/events/source=src_web/day={first.date()}/day.parquet"
        path.parent.mkdir(parents=True)
        during = f"time > '{to_text(first)[:-1]}' AND time <= '{to_text(first + timedelta(days=1))[:-1]}'"
        rows = f"SELECT {listed(EVENT_COLUMNS)} FROM '{folder}/all.parquet' WHERE {during} ORDER BY pk, sk"
        space.execute(f"COPY ({rows}) TO '{path}' (FORMAT parquet, COMPRESSION zstd)")
    (folder / "all.parquet").unlink()
    return f"{people * EVENTS_EACH:,} events of {people:,} people on {DAYS} days"


def _snapshot(_: str, folder: Path, people: int) -> str:
    """As build_lake makes it, from items as DynamoDB hands them out."""
    (folder / "lake/profiles").mkdir(parents=True)
    made = (profile_item(_profile(n), "live", None, None) for n in range(TEMPLATES))
    templates = [{name: value for name, value in item.items() if value is not None} for item in made]
    with scratch() as space:
        space.run(f"CREATE TABLE taken ({declared(PROFILE_COLUMNS)})")
        for first in range(0, people, AT_A_TIME):
            some = _items(templates, range(first, min(first + AT_A_TIME, people)))
            rows = [profile_row(to_profile(item), DECLARED, NONE_DECLARED, NOW) for item in some]
            space.load("taken", PROFILE_COLUMNS, rows)
        space.write(f"SELECT {listed(PROFILE_COLUMNS)} FROM taken", folder / SNAPSHOT_FILE)
    return f"{(folder / SNAPSHOT_FILE).stat().st_size / 1e6:.0f} MB of Parquet"


def _items(templates: list[dict[str, Any]], numbers: range) -> Iterator[dict[str, Any]]:
    for n in numbers:
        template = templates[n % TEMPLATES]
        state = template["state"].replace('"city0"', f'"{"Seoul" if n % 10 == 0 else f"city {n % 50}"}"')
        state = state.replace("Somebody", hashlib.md5(str(n).encode(), usedforsecurity=False).hexdigest())
        yield {**template, "pk": f"P#p{n:08d}", "state": state}


def _profile(number: int) -> Profile:
    known = Identifier("user_id", f"u{number}"), Identifier("email", f"u{number}@example.com")
    hashed = tuple(HashedIdentifier(one, f"hash-of-{one.value}") for one in known)
    events = [_event(number, place, hashed) for place in range(EVENTS_EACH + 1)]
    state = reduce(lambda state, event: fold(state, event, [one.hash for one in hashed]), events, ProfileState())
    return sealed(Profile("p", identifiers={one.hash: one.identifier for one in hashed}, state=state), NOW)


def _event(number: int, place: int, hashed: tuple[HashedIdentifier, ...]) -> Event:
    at = to_text(NOW - timedelta(days=(number * 7 + place * 11) % DAYS))
    traits = {"city": "city0", "plan": "pro", "name": f"Somebody {number}", "age": number % 90}
    body: dict[str, Any] = {"type": "identify", "traits": traits}
    if place:
        properties = {"total": number * place % 100_000, "currency": "KRW", "product_id": str(number % 500)}
        body = {"type": "track", "event": NAMES[place % 3], "properties": properties}
    name, message_id = body.get("event"), f"m{number}-{place}"
    times = {"time": at, "original_time": at, "sent_at": None, "received_at": at, "stored_at": at}
    said = {"source_id": "src_web", "message_id": message_id, "type": body["type"], "name": name, "body": body}
    kept = {"skewed": False, "origin": "o", "digest": "d", "correlation_id": "c", "identifiers": hashed}
    return Event(pk=f"A#{number}", sk=f"{at}#{message_id}", **times, **said, **kept)


def _lake(folder: Path) -> duckdb.DuckDBPyConnection:
    """As a function opens it: bounded, the rest on disk."""
    config = {"memory_limit": "1GB", "temp_directory": str(folder / "spill"), "threads": 2}
    database = duckdb.connect(config=config)
    keys = [str(path.relative_to(folder)) for path in sorted((folder / "lake/events").rglob("*.parquet"))]
    lay_tables(database, folder, "bench", keys)
    return database


def _preview(what: str, folder: Path, people: int) -> str:
    told = preview(_lake(folder), SEGMENTS[what.partition(" ")[2]], [])
    return json.dumps({"people": told.people, "size": told.size, "write_units": told.write_units})


def _dry_run(what: str, folder: Path, people: int) -> str:
    first, last = NOW - timedelta(days=30), NOW
    told = dry_run(_lake(folder), SEGMENTS["cart abandoned"], [], Rules(), first, last, int(what.split()[3]))
    return f"{told.people} of {told.everybody}: {told.at_first} in at first, {told.entered} entered, {told.left} left"


_WORK: dict[str, Callable[[str, Path, int], str]] = {
    "events": _events,
    "snapshot": _snapshot,
    "preview": _preview,
    "dry": _dry_run,
}

if __name__ == "__main__":
    main()
