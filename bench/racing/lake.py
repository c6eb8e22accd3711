"""A lake of generated people on this disk: their events by day, and the profile snapshot as build_lake makes it."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import reduce
from pathlib import Path
from typing import Any

import duckdb

from shared.domain.computing import DECLARED
from shared.domain.events import Event, HashedIdentifier
from shared.domain.identifiers import Identifier
from shared.domain.profiles import Profile, sealed
from shared.domain.purposes import NONE_DECLARED
from shared.domain.state import ProfileState, fold
from shared.domain.times import to_text
from shared.lake.columns import EVENT_COLUMNS, PROFILE_COLUMNS, declared, listed
from shared.lake.files import SNAPSHOT_FILE
from shared.lake.opening import lay_tables
from shared.lake.profile_rows import profile_row
from shared.lake.scratch import scratch
from shared.stores.profile_items import plain, profile_item, to_profile

NOW = datetime(2026, 11, 22, tzinfo=UTC)
EVENTS_EACH, DAYS, TEMPLATES, AT_A_TIME = 5, 60, 500, 5_000
ORDER = "Order Completed"
NAMES = ("Product Viewed", "Product Added", ORDER)


def events(place: str, people: int) -> None:
    """A file for each day. Somebody's events are some days apart, and their cart is ordered by every second of them."""
    folder = Path(place)
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


def snapshot(place: str, people: int) -> None:
    """As build_lake makes it, from items as DynamoDB hands them out."""
    folder = Path(place)
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


def _items(templates: list[dict[str, Any]], numbers: range) -> Iterator[dict[str, Any]]:
    for n in numbers:
        template = templates[n % TEMPLATES]
        said = plain(template)
        state = said["state"].replace('"city0"', f'"{"Seoul" if n % 10 == 0 else f"city {n % 50}"}"')
        state = state.replace("Somebody", hashlib.md5(str(n).encode(), usedforsecurity=False).hexdigest())
        yield {**said, "pk": f"P#p{n:08d}", "state": state}


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
    times: dict[str, Any] = {"time": at, "original_time": at, "sent_at": None, "received_at": at, "stored_at": at}
    said: dict[str, Any] = {
        "source_id": "src_web",
        "message_id": message_id,
        "type": body["type"],
        "name": name,
        "body": body,
    }
    kept: dict[str, Any] = {"skewed": False, "origin": "o", "digest": "d", "correlation_id": "c", "identifiers": hashed}
    return Event(pk=f"A#{number}", sk=f"{at}#{message_id}", **times, **said, **kept)


def opened(folder: Path) -> duckdb.DuckDBPyConnection:
    """As a function opens it: bounded, the rest on disk."""
    database = duckdb.connect(config={"memory_limit": "1GB", "temp_directory": str(folder / "spill"), "threads": 2})
    keys = [str(path.relative_to(folder)) for path in sorted((folder / "lake/events").rglob("*.parquet"))]
    lay_tables(database, folder, "bench", keys)
    return database
