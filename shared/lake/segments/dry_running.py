"""Who would have entered and left a segment: people's events again, each known as it happened, decided as live does."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple

import duckdb

from shared.domain.computed_attributes import SHIPPED, ComputedAttribute
from shared.domain.computing import declarations
from shared.domain.consent_deadlines import told_standings
from shared.domain.events import Event, HashedIdentifier
from shared.domain.identifiers import NAMING, Identifier, Naming, of_event
from shared.domain.purposes import NONE_DECLARED, Purposes
from shared.domain.segments.asking import Person
from shared.domain.segments.definition import OfComputed, OfConsent, OfIdentifier, Segment
from shared.domain.segments.memberships import Segments, conditions_of, needing, segments_of
from shared.domain.segments.trees import leaves
from shared.domain.segments.windows import NEVER, milliseconds, moment
from shared.domain.state import ProfileState, fold
from shared.domain.times import to_text
from shared.lake.rows import body_of
from shared.lake.segments.dialects import quoted, time
from shared.lake.segments.previewing import NoSnapshotError, views

MOST_CROSSINGS = 10_000
_AT_A_TIME = 10_000
_DAY = len("2026-11-21")
_COLUMNS = (
    "pk, sk, source, message_id, type, name, user_id, anonymous_id, properties, traits, context, other, profile_id,"
    " strftime(time::TIMESTAMP, '%Y-%m-%dT%H:%M:%S.%gZ') AS time,"
    " strftime(received_at::TIMESTAMP, '%Y-%m-%dT%H:%M:%S.%gZ') AS received_at"
)


class Rules(NamedTuple):
    """What decides beside the segments themselves."""

    attributes: Sequence[ComputedAttribute] = ()
    purposes: Purposes = NONE_DECLARED
    naming: Naming = NAMING


class Crossing(NamedTuple):
    """Somebody entered, or left."""

    profile_id: str
    at: str
    is_entry: bool


class OfDay(NamedTuple):
    """Of a day (UTC); `size` at its end."""

    entered: int
    left: int
    size: int


@dataclass(slots=True)
class DryRun:
    """Over `people` of `everybody` who did anything by the end. `crossings`: the first MOST_CROSSINGS, by person."""

    segment: str
    first: str
    last: str
    everybody: int = 0
    people: int = 0
    at_first: int = 0
    entered: int = 0
    left: int = 0
    crossings: list[Crossing] = field(default_factory=list)
    _entries: Counter[str] = field(default_factory=Counter)
    _exits: Counter[str] = field(default_factory=Counter)

    @property
    def by_day(self) -> dict[str, OfDay]:
        """Days on which anything changed."""
        size, found = self.at_first, {}
        for day in sorted(self._entries.keys() | self._exits.keys()):
            size += self._entries[day] - self._exits[day]
            found[day] = OfDay(self._entries[day], self._exits[day], size)
        return found

    def told(self) -> dict[str, Any]:
        """As JSON, with numbers alone."""
        names = ("first", "last", "everybody", "people", "at_first", "entered", "left")
        days = [{"day": day, **of_day._asdict()} for day, of_day in self.by_day.items()]
        return {**{name: getattr(self, name) for name in names}, "days": days}

    def add(self, crossing: Crossing) -> None:
        self.entered += crossing.is_entry
        self.left += not crossing.is_entry
        (self._entries if crossing.is_entry else self._exits)[crossing.at[:_DAY]] += 1
        if len(self.crossings) < MOST_CROSSINGS:
            self.crossings.append(crossing)


def dry_run(
    lake: duckdb.DuckDBPyConnection,
    segment: Segment,
    others: Collection[Segment],
    rules: Rules,
    first: datetime,
    last: datetime,
    people: int = 10_000,
    ids: Collection[str] = (),
) -> DryRun:
    """From `first` to `last`, of so many people chosen by a hash of their ids, or of these. Each event counts from when
    it happened, for whose it is today; of those that have expired nothing is known. Of people who aren't in the
    profile snapshot, as those whose processing is stopped, none are taken: NoSnapshotError where there is none.
    """
    views(lake)
    if not _count(lake, "profiles"):
        raise NoSnapshotError
    told = DryRun(segment.id, to_text(first), to_text(last))
    until = f"profile_id IN (SELECT profile_id FROM profiles) AND time <= {time(milliseconds(last))}"
    chosen = f"profile_id IN ({', '.join(map(quoted, ids))})" if ids else "TRUE"
    lake.execute(f"CREATE OR REPLACE TEMP TABLE named AS SELECT DISTINCT profile_id FROM events WHERE {until}")
    told.everybody = _count(lake, "named")
    some = f"SELECT profile_id FROM named WHERE {chosen} ORDER BY md5(profile_id) LIMIT {len(ids) or people:d}"
    lake.execute(f"CREATE OR REPLACE TEMP TABLE chosen AS {some}")
    told.people = _count(lake, "chosen")
    replay = _Replay(segment, others, rules, milliseconds(first), milliseconds(last))
    rows = f"SELECT {_COLUMNS} FROM events WHERE {until} AND profile_id IN (FROM chosen)"
    found = lake.execute(f"{rows} ORDER BY profile_id, events.time, message_id")
    for profile_id, events in groupby(_rows(found), key=lambda row: str(row["profile_id"])):
        is_in = None
        for at, now_in in replay.of(_event(row, replay.naming) for row in events):
            if is_in is None:
                told.at_first += now_in
            elif is_in != now_in:
                told.add(Crossing(profile_id, to_text(moment(at)), now_in))
            is_in = now_in
    return told


class _Replay:
    """One segment, and those that it asks for. `naming` is None where it matters to nobody who is who."""

    def __init__(self, segment: Segment, others: Iterable[Segment], rules: Rules, first: int, last: int) -> None:
        needed = list(needing(replace(segment, state="live"), others))
        self._segment, self._purposes, self._first, self._last = segment.id, rules.purposes, first, last
        kinds = {type(leaf) for one in needed for _, leaf in leaves(one.where)}
        is_named = OfIdentifier in kinds or OfConsent in kinds or not all(one.include_anonymous for one in needed)
        self.naming = rules.naming if is_named else None
        self._declared = declarations(_asked_for(needed, rules.attributes), conditions_of(needed))
        self._ready: Segments = segments_of(needed, self._declared)

    def of(self, events: Iterable[Event]) -> Iterator[tuple[int, bool]]:
        """Whether somebody is in, at `first` and at each moment at which that may have changed."""
        state, namespaces, at = ProfileState(), set[str](), self._first
        ahead = iter(events)
        event = next(ahead, None)
        while at <= self._last:
            while event and milliseconds(event.time) <= at:
                namespaces.update(one.identifier.namespace for one in event.identifiers)
                state = fold(state, event, [one.hash for one in event.identifiers], self._declared)
                event = next(ahead, None)
            is_in, until = self._asked(state, namespaces, at)
            yield at, is_in
            at = min(until, milliseconds(event.time) if event else NEVER)

    def _asked(self, state: ProfileState, namespaces: Collection[str], at: int) -> tuple[bool, int]:
        if not state.last_seen:
            return False, NEVER
        stands = told_standings(state, self._purposes, moment(at))
        found = self._ready.of(Person(state, frozenset(namespaces), stands, frozenset(), at), ())
        return self._segment in found.segments, found.until


def _asked_for(needed: Iterable[Segment], attributes: Iterable[ComputedAttribute]) -> list[ComputedAttribute]:
    """All attributes, those that no condition asks for disabled: nothing is computed for them."""
    asked = {leaf.computed for one in needed for _, leaf in leaves(one.where) if isinstance(leaf, OfComputed)}
    known = {one.id: one for one in (*SHIPPED, *attributes)}
    return [one if one.id in asked else replace(one, state="disabled") for one in known.values()]


def _rows(found: duckdb.DuckDBPyConnection) -> Iterator[dict[str, Any]]:
    names = [name for name, *_ in found.description or ()]
    while chunk := found.fetchmany(_AT_A_TIME):
        yield from (dict(zip(names, row, strict=True)) for row in chunk)


def _event(row: Mapping[str, Any], naming: Naming | None) -> Event:
    """As it was stored, save that identifiers stand under themselves: there is no key for hashes here."""
    body = body_of(row)
    named = (of_event(body, naming) if naming else ()) or (Identifier("", row["pk"]),)
    return Event(
        pk=row["pk"],
        sk=row["sk"],
        source_id=row["source"],
        message_id=row["message_id"],
        type=row["type"],
        name=row["name"],
        time=row["time"],
        original_time=None,
        sent_at=None,
        received_at=row["received_at"],
        stored_at=row["received_at"],
        skewed=False,
        origin="",
        digest="",
        correlation_id="",
        identifiers=tuple(HashedIdentifier(one, f"{one.namespace}:{one.value}") for one in named),
        body=body,
    )


def _count(lake: duckdb.DuckDBPyConnection, table: str) -> int:
    found = lake.execute(f"SELECT count(*) FROM {table}").fetchone()
    return int(found[0]) if found else 0
