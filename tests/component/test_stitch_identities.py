"""The real handler of stitch_identities over moto: streams, queues, and all that goes wrong between them."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from functions.stitch_identities.settings import doors
from shared.aws.dynamo import to_python
from shared.domain.computed_attributes import ComputedAttribute
from shared.domain.state import to_json
from shared.stores import profile_store
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.identity_log import decisions_in
from shared.stores.merge_log import Merge, MergeLog
from shared.stores.tables import CATALOGUE, LEDGER, PROFILES
from shared.stores.waits import Waits
from tests.component.stitching import a_warm_function, queued, stitched, stored, waiting, who
from tests.conftest import Deployment
from tests.faults import Failing, client_error
from tests.people import make_event
from tests.segments import declare

__all__ = ["a_warm_function"]
pytestmark = pytest.mark.usefixtures("a_warm_function")

SEEN = make_event({"anonymousId": "a1", "event": "Product Viewed"}, 1)
SIGNED_IN = make_event({"type": "identify", "userId": "u1", "anonymousId": "a1", "traits": {"plan": "pro"}}, 2)
BOUGHT = make_event({"userId": "u1", "event": "Order Completed"}, 3)


def test_an_anonymous_visitor_becomes_a_known_person_with_history(aws: Deployment) -> None:
    declare(aws)
    assert stitched(*stored(aws, SEEN)) == []
    assert stitched(*stored(aws, SIGNED_IN, BOUGHT)) == []
    person = who("anonymous_id", "a1")
    assert person == who("user_id", "u1")
    assert sorted(person.state.events) == ["$identify", "Order Completed", "Product Viewed"]
    assert person.segments == ["bought_once"]
    assert person.changes["trait:plan"].version == person.version == 2


def test_two_profiles_become_one_and_the_tombstone_points_to_the_larger(aws: Deployment) -> None:
    stitched(*stored(aws, SEEN, make_event({"anonymousId": "a1", "event": "Product Viewed"}, 1.5)))
    stitched(*stored(aws, BOUGHT))
    small, large = who("user_id", "u1"), who("anonymous_id", "a1")
    stitched(*stored(aws, SIGNED_IN))
    assert who("user_id", "u1").id == who("anonymous_id", "a1").id == large.id
    assert doors().profiles.profile(small.id) == who("user_id", "u1")
    assert f"merged:{small.id}" in who("user_id", "u1").changes
    entries = boto3.client("dynamodb").scan(TableName=aws.table(LEDGER))["Items"]
    own = [to_python(entry) for entry in entries if entry["pk"]["S"].startswith("P#")]
    assert {one.entry.split("#")[0] for entry in own for one in decisions_in(entry)} == {
        "created",
        "attached",
        "merged",
    }
    log = MergeLog(aws.table(LEDGER))
    assert list(log.of_day("2026-11-21")) == [Merge(small.id, large.id, "2026-11-21T00:01:00.000Z")]


def test_a_repeated_stream_record_changes_nothing(aws: Deployment) -> None:
    records = stored(aws, SEEN, SIGNED_IN, BOUGHT)
    stitched(*records)
    before = who("user_id", "u1")
    assert stitched(*records) == stitched(records[1]) == stitched(records[2], records[0]) == []
    assert who("user_id", "u1") == before


def test_an_older_record_after_a_newer_one_is_counted_once(aws: Deployment) -> None:
    seen, signed_in, bought = stored(aws, SEEN, SIGNED_IN, BOUGHT)
    for record in (bought, signed_in, seen, bought):
        stitched(record)
    person = who("user_id", "u1")
    assert person.state.event_count == 3
    assert person.state.first_seen == SEEN.time


def test_a_rebuild_that_ran_before_the_stream_record_came_counts_nothing_twice(aws: Deployment) -> None:
    (signed_in,) = stored(aws, SIGNED_IN)
    stitched(signed_in)
    (bought,) = stored(aws, BOUGHT)
    assert queued(json.dumps({"kind": "rebuild", "profile_id": who("user_id", "u1").id})) == []
    stitched(bought)
    assert who("user_id", "u1").state.events["Order Completed"].total == 1


def test_a_spoiled_profile_is_mended_by_a_rebuild(aws: Deployment) -> None:
    stitched(*stored(aws, SEEN, SIGNED_IN, BOUGHT))
    good = who("user_id", "u1")
    spoiled = to_json(good.state).replace("Order Completed", "Order Cancelled")
    boto3.client("dynamodb").update_item(
        TableName=aws.table(PROFILES),
        Key={"pk": {"S": f"P#{good.id}"}, "sk": {"S": "P"}},
        UpdateExpression="SET #state = :state",
        ExpressionAttributeNames={"#state": "state"},
        ExpressionAttributeValues={":state": {"S": spoiled}},
    )
    queued(json.dumps({"kind": "rebuild", "profile_id": good.id}))
    assert who("user_id", "u1").state == good.state


@pytest.mark.parametrize(
    "error",
    [
        client_error("TransactionCanceledException", ("None", "TransactionConflict")),
        client_error("TransactionCanceledException", ("ConditionalCheckFailed", "None")),
        client_error("ProvisionedThroughputExceededException"),
        client_error("ThrottlingException"),
    ],
    ids=["conflict", "lost_race", "throttled", "throttling"],
)
def test_a_lost_race_is_read_and_folded_again(aws: Deployment, monkeypatch: pytest.MonkeyPatch, error: Any) -> None:
    failing = Failing(boto3.client("dynamodb"), "transact_write_items", error, times=2)
    monkeypatch.setattr(profile_store, "dynamodb", lambda: failing)
    assert stitched(*stored(aws, SEEN, SIGNED_IN)) == []
    assert failing.calls == 3
    assert who("user_id", "u1").state.event_count == 2
    assert waiting(aws) == []


def test_events_that_lose_every_race_wait_in_the_retry_queue_and_the_shard_goes_on(
    aws: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = client_error("TransactionCanceledException", ("TransactionConflict",))
    failing = Failing(boto3.client("dynamodb"), "transact_write_items", error, times=5)
    monkeypatch.setattr(profile_store, "dynamodb", lambda: failing)
    assert stitched(*stored(aws, SEEN, SIGNED_IN)) == []
    (parked,) = waiting(aws)
    assert "u1" not in parked
    assert queued(parked) == []
    assert queued(parked) == []
    assert who("user_id", "u1").state.event_count == 2


def test_a_message_that_cannot_be_done_yet_comes_again(aws: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    error = client_error("TransactionCanceledException", ("TransactionConflict",))
    failing = Failing(boto3.client("dynamodb"), "transact_write_items", error, times=10)
    monkeypatch.setattr(profile_store, "dynamodb", lambda: failing)
    stitched(*stored(aws, SEEN))
    (parked,) = waiting(aws)
    assert queued(parked) == ["m0"]


def test_two_workers_at_once_lose_no_update(aws: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the first holds what it read, a second one writes the same person."""
    (seen,), (signed_in, bought) = stored(aws, SEEN), stored(aws, SIGNED_IN, BOUGHT)
    stitched(signed_in)
    real = boto3.client("dynamodb")

    def second_worker() -> None:
        monkeypatch.setattr(profile_store, "dynamodb", lambda: real)
        stitched(seen)

    failing = Failing(real, "put_item", times=1, before=second_worker)
    monkeypatch.setattr(profile_store, "dynamodb", lambda: failing)
    stitched(bought)
    assert sorted(who("user_id", "u1").state.events) == ["$identify", "Order Completed", "Product Viewed"]
    assert who("user_id", "u1").version == 3


def test_a_crash_after_the_write_is_harmless(aws: Deployment) -> None:
    records = stored(aws, SEEN, SIGNED_IN)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("functions.stitch_identities.handler.park", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            stitched(*records)
    stitched(*records)
    assert who("user_id", "u1").state.event_count == 2


def test_an_unreadable_record_stops_nobody_before_or_behind_it(aws: Deployment) -> None:
    first, poison, last = stored(aws, SEEN, SIGNED_IN, BOUGHT)
    del poison["dynamodb"]["NewImage"]["identifiers"]
    for batch in ([first, poison, last], [poison, last]):
        assert stitched(*batch) == [poison["dynamodb"]["SequenceNumber"]]
        assert who("anonymous_id", "a1").state.event_count == 1
        assert who("user_id", "u1").state.event_count == 1


def test_an_event_without_identifiers_belongs_to_nobody(aws: Deployment) -> None:
    assert stitched(*stored(aws, make_event({"userId": "null", "event": "Seen"}, 1))) == []
    assert boto3.client("dynamodb").scan(TableName=aws.table(PROFILES))["Items"] == []


def test_an_event_stored_too_long_ago_is_not_applied_but_its_person_is_rebuilt(aws: Deployment) -> None:
    late = make_event({"userId": "u1", "event": "Order Completed"}, 3, stored_days_ago=3)
    (record,) = stored(aws, late)
    for _ in range(2):
        stitched(record)
        assert queued(*waiting(aws)) == []
    assert who("user_id", "u1").state.events["Order Completed"].total == 1


def test_deliveries_wait_for_who_misses_an_event_but_not_for_whoever_meets_a_changed_catalogue(
    aws: Deployment,
) -> None:
    def waits_since() -> list[str | None]:
        return [json.loads(body)["waits_since"] for body in waiting(aws)]

    waits, later = Waits(aws.table(LEDGER)), datetime.now(UTC) + timedelta(minutes=9)
    stitched(*stored(aws, SEEN))
    CatalogueStore(aws.table(CATALOGUE)).put(ComputedAttribute("words", "unique", property="properties.word"))
    doors.cache_clear()
    stitched(*stored(aws, SIGNED_IN))
    assert (waits_since(), waits.on_queues(later)) == ([None], timedelta())
    stitched(*stored(aws, make_event({"userId": "u1", "event": "Order Completed"}, 3, stored_days_ago=3)))
    assert None not in waits_since()
    assert waits.on_queues(later) > timedelta(minutes=8)


def test_a_redrive_publishes_again_what_changed_since_and_folds_nothing_twice(aws: Deployment) -> None:
    stitched(*stored(aws, SIGNED_IN, BOUGHT))
    keys = [{"pk": e.pk, "sk": e.sk} for e in (SIGNED_IN, BOUGHT)]
    since = "2026-11-20T00:00:00.000Z"
    assert queued(json.dumps({"kind": "stitch", "events": keys, "republish_from": since})) == []
    person = who("user_id", "u1")
    (asked,) = [json.loads(body) for body in waiting(aws)]
    assert asked == {
        "v": 1,
        "kind": "rebuild",
        "profile_id": person.id,
        "republish_from": since,
        "waits_since": None,
    }
    assert queued(json.dumps(asked)) == []
    person = who("user_id", "u1")
    item = boto3.client("dynamodb").get_item(
        TableName=aws.table(PROFILES), Key={"pk": {"S": f"P#{person.id}"}, "sk": {"S": "P"}}
    )["Item"]
    assert (item["republish_from"]["S"], item["cause"]["S"]) == (since, "replay")
    assert person.state.event_count == 2


def test_more_new_identifiers_than_a_transaction_holds_are_written_in_parts(aws: Deployment) -> None:
    events = [
        make_event({"userId": "u1", "context": {"externalIds": [{"type": f"crm{n}", "id": "7"}]}}, n) for n in range(60)
    ]
    assert stitched(*stored(aws, *events)) == []
    assert len(who("user_id", "u1").identifiers) == 61
    assert who("user_id", "u1").state.event_count == 60


def test_very_many_events_are_remembered_apart_from_the_profile(
    aws: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.domain.profiles.MOST_INSIDE", 20)
    records = stored(aws, *(make_event({"userId": "u1", "event": "Seen"}, n / 1000, f"m{n}") for n in range(30)))
    stitched(*records[:25])
    stitched(*records[20:])
    stitched(records[0], records[29])
    person = who("user_id", "u1")
    assert person.state.events["Seen"].total == 30
    item = boto3.client("dynamodb").get_item(
        TableName=aws.table(PROFILES), Key={"pk": {"S": f"P#{person.id}"}, "sk": {"S": "P"}}
    )["Item"]
    (kept,) = item["recent"]["M"].values()
    assert sum(len(hashes["B"]) // 8 for hashes in kept["M"].values()) == 5


def test_of_a_redrive_one_person_who_cannot_be_written_makes_nobody_else_be_published_again(
    aws: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make_event({"userId": "u2", "event": "Order Completed"}, 3)
    stitched(*stored(aws, SIGNED_IN, other))
    busy, before = who("user_id", "u1"), who("user_id", "u2").version
    keys = [{"pk": e.pk, "sk": e.sk} for e in (SIGNED_IN, other)]
    bodies = [json.dumps({"kind": "stitch", "events": keys, "republish_from": "2026-11-20T00:00:00.000Z"})]
    real = boto3.client("dynamodb")

    class Busy:
        def put_item(self, **request: Any) -> Any:
            if request["Item"]["pk"]["S"] == f"P#{busy.id}":
                raise client_error("ProvisionedThroughputExceededException")
            return real.put_item(**request)

    monkeypatch.setattr(profile_store, "dynamodb", Busy)
    for _ in range(3):
        failed = queued(*bodies)
        bodies = [body for n, body in enumerate(bodies) if f"m{n}" in failed] + waiting(aws)
    assert who("user_id", "u2").version == before + 1
    assert [json.loads(body).get("profile_id") for body in bodies] == [busy.id]


@pytest.mark.timeout(20)
def test_a_tombstone_that_leads_to_nobody_is_an_error_not_an_endless_search(aws: Deployment) -> None:
    stitched(*stored(aws, SEEN, make_event({"anonymousId": "a1", "event": "Product Viewed"}, 1.5)))
    stitched(*stored(aws, BOUGHT))
    loser = who("user_id", "u1").id
    stitched(*stored(aws, SIGNED_IN))
    gone = {"pk": {"S": f"P#{who('user_id', 'u1').id}"}, "sk": {"S": "P"}}
    boto3.client("dynamodb").delete_item(TableName=aws.table(PROFILES), Key=gone)
    with pytest.raises(KeyError):
        doors().profiles.profile(loser)
