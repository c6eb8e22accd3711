"""Many workers stitch the same people at once, on the local cloud: moto itself loses updates between threads."""

import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from functions.stitch_identities.people import stitch_events
from functions.stitch_identities.settings import Doors
from local import aws as local_aws
from local.outputs import Outputs
from shared.domain.events import Event, HashedIdentifier
from shared.domain.times import to_text
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.count_store import CountStore
from shared.stores.event_store import EventStore
from shared.stores.group_store import GroupStore
from shared.stores.kept_declarations import KeptDeclarations
from shared.stores.kept_rules import KeptRules
from shared.stores.keys import anchor_pk, identifier_hash
from shared.stores.lag_notes import LagNotes
from shared.stores.pointers import Pointers
from shared.stores.profile_store import ProfileStore
from shared.stores.waits import Waits
from tests.e2e.people import aws, eventually, fresh, profile
from tests.erased import NobodyErased
from tests.people import make_event

WORKERS = 6


def stored_now(body: dict[str, Any], key: str, source_id: str) -> Event:
    """An event under the cloud's own identifier key, stored at this moment."""
    event = make_event(body, 1, fresh("message"))
    identifiers = tuple(HashedIdentifier(h.identifier, identifier_hash(key, h.identifier)) for h in event.identifiers)
    now = to_text(datetime.now(UTC))
    pk = anchor_pk(identifiers[0].hash)
    return replace(event, pk=pk, identifiers=identifiers, stored_at=now, received_at=now, source_id=source_id)


def in_parts(events: Sequence[Event], draw: random.Random) -> list[list[Event]]:
    shuffled = draw.sample(events, len(events))
    return [shuffled[place : place + 5] for place in range(0, len(shuffled), 5)]


def test_workers_that_race_for_the_same_people_lose_nothing_and_double_nothing(
    cloud: Outputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every event is stitched by several workers here and by the deployed function, all at the same time."""
    monkeypatch.setattr("functions.stitch_identities.people.count", lambda *_: None)  # one process, one set of metrics
    user, email, visitors = fresh("user"), f"{fresh('mail')}@example.com", [fresh("visitor") for _ in range(4)]
    key = aws(cloud, "secretsmanager").get_secret_value(SecretId=cloud.identifier_key_secret)["SecretString"]
    bodies: list[dict[str, Any]] = [{"anonymousId": visitor, "event": "Seen"} for visitor in visitors for _ in range(8)]
    bodies += [{"anonymousId": visitor, "event": "Linked", "traits": {"email": email}} for visitor in visitors]
    bodies += [{"userId": user, "event": "Linked", "traits": {"email": email}}] * 4
    events = [stored_now(body, key, cloud.source_id) for body in bodies]
    catalogue = CatalogueStore(cloud.tables["catalogue"])
    doors = Doors(
        events=EventStore(cloud.tables["events"]),
        profiles=ProfileStore(cloud.tables["profiles"], cloud.tables["ledger"]),
        pointers=Pointers(cloud.tables["profiles"]),
        groups=GroupStore(cloud.tables["profiles"]),
        rules=KeptRules(catalogue),
        declared=KeptDeclarations(catalogue),
        counts=CountStore(cloud.tables["ledger"]),
        suppressions=NobodyErased(),
        lag=LagNotes(cloud.tables["ledger"], ""),
        waits=Waits(cloud.tables["ledger"]),
        retries_queue_url=cloud.queues["stitch_retries"],
    )

    def work(seed: int) -> None:
        draw = random.Random(seed)
        for part in in_parts(events, draw):
            left = part
            while left:
                left = stitch_events(doors, left, "live").events

    with local_aws.speaking_to(cloud.aws_endpoint_url), ThreadPoolExecutor(WORKERS) as pool:
        doors.events.insert(events, {cloud.source_id: 30})
        list(pool.map(work, range(WORKERS)))

    def settled() -> dict[str, Any] | None:
        found = profile(cloud, f"user_id:{user}")
        return found if found and sum(tally["count"] for tally in found["events"].values()) == len(events) else None

    person = eventually(settled, "one person with every event once")
    assert {name: tally["count"] for name, tally in person["events"].items()} == {"Seen": 32, "Linked": 8}
    assert {i["value"] for i in person["identifiers"]} == {user, email, *visitors}
