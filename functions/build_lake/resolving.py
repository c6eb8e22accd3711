"""Whose event it is: the owner of its anchor at its time, merges followed as they stand now."""

from functions.build_lake.settings import Doors
from shared.aws.batching import chunks
from shared.lake.scratch import Scratch

_ANCHORS_AT_A_TIME = 1_000
ALWAYS = "0001-01-01T00:00:00.000Z"
PREFIX = "A#"


def owners(doors: Doors, space: Scratch, table: str) -> None:
    """Fill the table `owners`: for each anchor of `table` the times from which it belongs to a profile."""
    space.run("CREATE OR REPLACE TABLE owners (pk VARCHAR, since TIMESTAMP_MS, profile_id VARCHAR)")
    found = space.rows(f"SELECT DISTINCT pk FROM {table} WHERE starts_with(pk, '{PREFIX}')")
    for chunk in chunks((pk.removeprefix(PREFIX) for (pk,) in found), _ANCHORS_AT_A_TIME):
        ownerships = doors.profiles.ownerships(chunk)
        periods = [(anchor, period) for anchor, owned in ownerships.items() for period in owned.periods]
        live = doors.profiles.live_ids({period.profile_id for _, period in periods})
        if periods:
            space.run(
                "INSERT INTO owners SELECT unnest(?), unnest(?)::TIMESTAMP_MS, unnest(?)",
                [f"{PREFIX}{anchor}" for anchor, _ in periods],
                [period.since or ALWAYS for _, period in periods],
                [live[period.profile_id] for _, period in periods],
            )


def resolved(table: str) -> str:
    """`table` with its owners joined, as SQL. An event that stitching has yet to see has nobody."""
    return (
        f"SELECT e.* REPLACE (coalesce(e.profile_id, o.profile_id) AS profile_id) FROM {table} AS e"
        " ASOF LEFT JOIN owners AS o ON e.pk = o.pk AND e.time >= o.since"
    )
