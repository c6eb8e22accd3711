"""The lake's events as a dry run of identity rules needs them: in the order of storing, with nothing but who they name.

Laid down in a temporary folder first, so that any number of events is sorted, and read twice, in bounded memory.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from cli.lake_cache import LakeCache
from shared.domain.events import HashedIdentifier
from shared.domain.identifiers import Identifier, Naming, of_event
from shared.domain.identity_dry_run import Seen
from shared.domain.times import to_text
from shared.lake.columns import Column, declared
from shared.lake.rows import body_of
from shared.lake.scratch import Scratch
from shared.lake.views import JOINED, PERSON

_AT_A_TIME = 20_000
_OF_AN_EVENT = "message_id, type, name, user_id, anonymous_id, properties, traits, context, other"
_ROW = f"""
    SELECT {_OF_AN_EVENT}, e.pk, {PERSON} AS profile_id, e.stored_at::VARCHAR AS stored_at,
    e.received_at::VARCHAR AS received_at, strftime(e.time::TIMESTAMP, '%Y-%m-%dT%H:%M:%S.%gZ') AS time
    FROM {JOINED}"""
_TEXTS = ("time", "message_id", "pk", "profile_id", "today", "proposed")
STAGED = (
    *(Column(name, "TIMESTAMP_MS", "") for name in ("stored_at", "received_at")),
    *(Column(name, "VARCHAR", "") for name in _TEXTS),
)


@dataclass(frozen=True, slots=True)
class Staged:
    """The table `events` in `space`, a row each in the order of storing: `today` and `proposed` are whom it names by
    either set of rules, as JSON; `proposed` is empty where it names the same.
    """

    space: Scratch

    def seen(self, column: Literal["today", "proposed"]) -> Iterator[Seen]:
        known: dict[tuple[str, str], HashedIdentifier] = {}
        # A table is read in the order in which it was filled.
        rows = self.space.database.execute(f"SELECT time, coalesce({column}, today) FROM events")
        while chunk := rows.fetchmany(_AT_A_TIME):
            for time, named in chunk:
                yield Seen(time, tuple(_hashed(known, namespace, value) for namespace, value in json.loads(named)))

    def live(self) -> int:
        """How many people these events belong to as it was decided."""
        return int(self.space.rows("SELECT count(DISTINCT profile_id) FROM events")[0][0])

    def profile_of(self, number: int) -> str:
        """The id of whose event it is today; the event's partition where that isn't known yet."""
        found = self.space.rows("SELECT coalesce(profile_id, pk) FROM events WHERE rowid = ?", number)
        return str(found[0][0])


def stage(cache: LakeCache, space: Scratch, condition: str, today: Naming, proposed: Naming) -> Staged:
    """Lay down the events of the lake that fulfil a condition."""
    space.run(f"CREATE TABLE staged ({declared(STAGED)})")
    with cache.opened() as lake:
        rows = lake.execute(f"{_ROW} WHERE {condition}")
        names = [name for name, *_ in rows.description or ()]
        while chunk := rows.fetchmany(_AT_A_TIME):
            events = (dict(zip(names, row, strict=True)) for row in chunk)
            space.load("staged", STAGED, [_staged(event, today, proposed) for event in events])
    space.run("CREATE TABLE events AS SELECT * FROM staged ORDER BY stored_at, received_at, time, message_id, pk")
    space.run("DROP TABLE staged")
    return Staged(space)


def happened(source: str, first: datetime | None, last: datetime | None) -> str:
    """The condition for events of a source (empty: any) that happened in a time range, as SQL."""
    conditions = ["TRUE"]
    if source:
        conditions.append("source = '{}'".format(source.replace("'", "''")))
    for moment, sign in ((first, ">="), (last, "<=")):
        if moment:
            text = to_text(moment)[:-1].replace("T", " ")
            conditions.append(f"day {sign} DATE '{text[:10]}' AND time {sign} TIMESTAMP '{text}'")
    return " AND ".join(conditions)


def _staged(row: Mapping[str, Any], today: Naming, proposed: Naming) -> dict[str, Any]:
    body = body_of(row)
    named = of_event(body, today)
    by_proposed = of_event(body, proposed) if proposed != today else named
    return {column.name: row.get(column.name) for column in STAGED} | {
        "today": _json(named),
        "proposed": _json(by_proposed) if by_proposed != named else None,
    }


def _json(named: tuple[Identifier, ...]) -> str:
    return json.dumps([(one.namespace, one.value) for one in named], ensure_ascii=False)


def _hashed(known: dict[tuple[str, str], HashedIdentifier], namespace: str, value: str) -> HashedIdentifier:
    """One object per identifier, however often it is named; in a dry run it stands under itself, not under an HMAC."""
    found = known.get((namespace, value))
    if found is None:
        found = HashedIdentifier(Identifier(namespace, value), f"{namespace}:{value}")
        known[namespace, value] = found
    return found
