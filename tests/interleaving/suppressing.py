"""An erasure beside stitching: it suppresses a person, lets that settle, and takes away what it finds of them."""

from collections.abc import Collection, Hashable
from dataclasses import replace
from typing import Any

from functions.stitch_identities import people
from shared.aws import clients
from shared.aws.dynamo import query, to_attributes
from shared.domain.events import Event, HashedIdentifier
from shared.domain.suppression_keys import SuppressionKeys
from shared.stores.contention import ContentionError
from shared.stores.keys import anchor_pk, identifier_pk, profile_pk
from shared.stores.suppression_store import SuppressionStore
from tests.interleaving.stitching import doors
from tests.interleaving.workers import Worker

SUPPRESSIONS = SuppressionStore("suppressions", lambda: SuppressionKeys("1", {"1": "a key"}))
DOORS = replace(doors(), suppressions=SUPPRESSIONS)
ERASED_AT = "2026-11-20T00:00:00.000Z"


def stitching(name: str, *events: Event) -> Worker:
    """What it could not do comes again from the retry queue, until all is done."""
    by_key = {event.key: event for event in events}

    def run(keys: Any) -> Hashable | None:
        unfinished = people.stitch_events(DOORS, [by_key[key] for key in keys], "live")
        return tuple(event.key for event in unfinished.events) or None

    return Worker(name, run, tuple(by_key))


def suppressing(name: str, identifiers: Collection[HashedIdentifier]) -> Worker:
    def run(_: Any) -> Hashable | None:
        try:
            SUPPRESSIONS.put([one.identifier for one in identifiers], ERASED_AT, "r1")
        except ContentionError:
            return ()
        return None

    return Worker(name, run, ())


def take_away(hashes: Collection[str]) -> None:
    """The events of these identifiers, whoever owns them, and who that is said to be."""
    owners = DOORS.profiles.people_of(hashes).profiles
    for table, pk in (
        *(("events", anchor_pk(one)) for one in hashes),
        *(("profiles", profile_pk(one)) for one in owners),
        *(("profiles", identifier_pk(one)) for one in hashes),
    ):
        for item in query(table, pk, consistent=True):
            key = to_attributes({"pk": item["pk"], "sk": item["sk"]})
            clients.dynamodb().delete_item(TableName=table, Key=key)
