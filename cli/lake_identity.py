"""The lake's events as a dry run of identity rules needs them: in the order of storing, with nothing but who they name.

Laid down in a temporary folder first, so that any number of events is sorted in bounded memory. Whom a set of values
names is worked out once, however many events say the same.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import numpy as np

from cli.lake_cache import LakeCache
from shared.domain.components import Identifiers, Numbers
from shared.domain.events import HashedIdentifier
from shared.domain.identifiers import Identifier, Naming, of_event, rank
from shared.domain.identity_dry_run import NOBODY, History, Seen
from shared.domain.times import to_text
from shared.lake.columns import Column, declared
from shared.lake.opening import lay_tables
from shared.lake.scratch import Scratch
from shared.lake.views import JOINED, PERSON

_AT_A_TIME = 20_000
NAMING = """json_object(
    'type', CASE WHEN type = 'alias' THEN type END, 'previousId', other -> '$.previousId',
    'userId', user_id, 'anonymousId', anonymous_id,
    'traits', json_object('email', traits -> '$.email', 'phone', traits -> '$.phone'),
    'properties', json_object('email', properties -> '$.email', 'phone', properties -> '$.phone'),
    'context', json_object(
        'traits', json_object('email', context -> '$.traits.email', 'phone', context -> '$.traits.phone'),
        'externalIds', context -> '$.externalIds', 'device', context -> '$.device'))::VARCHAR"""
"""Of a row of the lake the event as far as it may name somebody, as JSON."""

_ROW = f"""
    SELECT {NAMING} AS said, message_id, e.pk, {PERSON} AS profile_id, e.stored_at, e.received_at,
    strftime(e.time::TIMESTAMP, '%Y-%m-%dT%H:%M:%S.%gZ') AS time
    FROM {JOINED}"""
NAMED = (Column("said", "VARCHAR", ""), Column("today", "VARCHAR[]", ""), Column("proposed", "VARCHAR[]", ""))
_NAMESPACE = "split_part(name, ':', 1)"
Side = Literal["today", "proposed"]


@dataclass(frozen=True, slots=True)
class Staged:
    """Two tables in `space`. `named`: by either set of rules, whom values name, highest first; `proposed` is empty
    where that is the same. `events`, a row each in the order of storing: its time, and the `rowid` of whom it names.
    """

    space: Scratch

    def history(self, side: Side) -> History:
        """By one set of rules. DuckDB numbers the identifiers."""
        names, identifiers = f"coalesce({side}, today)", f"identifiers_{side}"
        self.space.run(f"CREATE TEMP TABLE {identifiers} AS SELECT DISTINCT unnest({names}) AS name FROM named")
        namespaces = [row[0] for row in self.space.rows(f"SELECT DISTINCT {_NAMESPACE} FROM {identifiers}")]
        codes = ", ".join(f"'{namespace}'" for namespace in namespaces)
        (namespace_of,) = self._columns(f"SELECT (list_position([{codes}], {_NAMESPACE}) - 1)::INT FROM {identifiers}")
        places, turns, numbers = self._columns(f"""
            SELECT place, turn, i.rowid::INT FROM {identifiers} AS i JOIN (
                SELECT rowid::INT AS place, unnest({names}) AS name,
                generate_subscripts({names}, 1)::INT AS turn FROM named
            ) USING (name)""")
        highest = np.full(self.space.rows("SELECT count(*) FROM named")[0][0], NOBODY, np.int32)
        highest[places[turns == 1]] = numbers[turns == 1]
        (named_of,) = self._columns("SELECT named::INT FROM events")
        return History(
            anchors=highest[named_of],
            identifiers=Identifiers((highest[places], numbers), namespace_of, namespaces),
            seen=lambda events: self._seen(names, events),
            hashes=lambda wanted: self._hashes(identifiers, wanted),
        )

    def live(self) -> int:
        """How many people these events belong to as it was decided."""
        return int(self.space.rows("SELECT count(DISTINCT profile_id) FROM events")[0][0])

    def profile_of(self, number: int) -> str:
        """The id of whose event it is today; the event's partition where that isn't known yet."""
        found = self.space.rows("SELECT coalesce(profile_id, pk) FROM events WHERE rowid = ?", number)
        return str(found[0][0])

    def _seen(self, names: str, events: Numbers) -> Iterator[Seen]:
        known: dict[str, HashedIdentifier] = {}
        self.space.database.register("wanted", {"number": events})
        rows = self.space.database.execute(f"""
            SELECT time, {names} FROM events AS e JOIN named AS n ON n.rowid = e.named
            WHERE e.rowid IN (SELECT number FROM wanted) ORDER BY e.rowid""")
        while chunk := rows.fetchmany(_AT_A_TIME):
            for time, named in chunk:
                yield Seen(time, tuple(known.get(name) or known.setdefault(name, _hashed(name)) for name in named))

    def _hashes(self, identifiers: str, wanted: Numbers) -> tuple[str, ...]:
        self.space.database.register("wanted", {"number": wanted})
        found = self.space.rows(f"SELECT name FROM {identifiers} WHERE rowid IN (SELECT number FROM wanted)")
        return tuple(sorted((name for (name,) in found), key=lambda name: (rank(name.partition(":")[0]), name)))

    def _columns(self, query: str) -> list[Numbers]:
        """Of whole numbers. A table is read in the order in which it was filled: a `rowid` is a place in it."""
        return [
            column.astype(np.int32, copy=False) for column in self.space.database.execute(query).fetchnumpy().values()
        ]


def stage(cache: LakeCache, space: Scratch, condition: str, today: Naming, proposed: Naming) -> Staged:
    """Lay down the events of the lake that fulfil a condition."""
    lay_tables(space.database, cache.folder, cache.lake.bucket, cache.sync())
    space.run(f"CREATE TABLE staged AS {_ROW} WHERE {condition}")
    space.run(f"CREATE TEMP TABLE named ({declared(NAMED)})")
    rows = space.database.cursor().execute("SELECT DISTINCT said FROM staged")
    while chunk := rows.fetchmany(_AT_A_TIME):
        space.load("named", NAMED, [_named(said, today, proposed) for (said,) in chunk])
    space.run("""CREATE TEMP TABLE events AS SELECT time, pk, profile_id, n.rowid AS named
        FROM staged JOIN named AS n USING (said) ORDER BY stored_at, received_at, time, message_id, pk""")
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


def _named(said: str, today: Naming, proposed: Naming) -> dict[str, Any]:
    event = json.loads(said)
    named = _names(event, today)
    by_proposed = _names(event, proposed) if proposed != today else named
    return {"said": said, "today": named, "proposed": by_proposed if by_proposed != named else None}


def _names(event: dict[str, Any], naming: Naming) -> list[str]:
    return [f"{one.namespace}:{one.value}" for one in of_event(event, naming)]


def _hashed(name: str) -> HashedIdentifier:
    """In a dry run an identifier stands under itself, not under an HMAC."""
    namespace, _, value = name.partition(":")
    return HashedIdentifier(Identifier(namespace, value), name)
