"""Everybody's profile as one file of the lake, for SQL: made anew each day, and whenever it is asked for."""

from datetime import datetime

from functions.build_lake.settings import Doors
from shared.aws.batching import chunks
from shared.domain.segments.definition import Segment
from shared.domain.times import to_text
from shared.lake.columns import PROFILE_COLUMNS, declared
from shared.lake.profile_rows import profile_row
from shared.lake.scratch import Scratch
from shared.lake.snapshot import put_snapshot

_AT_A_TIME = 5_000


def take_snapshot(doors: Doors, space: Scratch, now: datetime) -> int:
    """How many people it has. Who isn't to be processed isn't in it, nor who is merged into another."""
    rules, purposes = doors.declared.get(), doors.purposes()
    space.run(f"CREATE OR REPLACE TABLE taken ({declared(PROFILE_COLUMNS)})")
    taken = (profile for profile in doors.people.everybody() if not profile.stopped)
    for chunk in chunks(taken, _AT_A_TIME):
        space.load("taken", PROFILE_COLUMNS, [profile_row(profile, rules, purposes, now) for profile in chunk])
    people = put_snapshot(doors.lake, space, "SELECT * FROM taken")
    _put_sizes(doors, space, now)
    return people


def _put_sizes(doors: Doors, space: Scratch, now: datetime) -> None:
    """How many are in each segment."""
    counted = space.rows(
        "SELECT segment, count(*) FROM (SELECT unnest(segments) AS segment FROM taken) GROUP BY segment"
    )
    none = {one.id: 0 for one in doors.catalogue.list(Segment) if one.state in ("live", "paused")}
    doors.sizes.put(none | {segment: int(members) for segment, members in counted}, to_text(now))
