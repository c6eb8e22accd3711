"""The door to quarantine: entries kept once, found, listed newest first, and marked when they are sent again."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from shared.aws import clients
from shared.aws.batching import StillFailingError
from shared.domain.quarantine import EntryId, Quarantined
from shared.domain.times import to_text
from shared.stores.quarantine_store import QuarantineStore, position
from shared.stores.tables import QUARANTINE
from tests.conftest import BUCKET, REGION
from tests.contract.conftest import Dynamo
from tests.faults import Failing, client_error

KEY = "arn:aws:kms:eu-west-1:123456789012:key/quarantine"
NOVEMBER = ("2026-11-01T00:00:00.000Z", "2026-11-30T23:59:59.999Z")


@pytest.fixture
def store(dynamo: Dynamo, monkeypatch: pytest.MonkeyPatch) -> Iterator[QuarantineStore]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    with mock_aws():
        boto3.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        yield QuarantineStore(dynamo.table(QUARANTINE), BUCKET, KEY)


def refused(number: int = 0, received_at: str = "2026-11-21T09:30:00.000Z", **fields: Any) -> Quarantined:
    known: dict[str, Any] = {
        "source_id": "src_web",
        "received_at": received_at,
        "origin": f"shardId-000000000000:49590338:{number}",
        "reason": "unknown_type",
        "field": "type",
        "fix": "Send one of track.",
        "message_id": f"m{number}",
        "correlation_id": "c1",
        "body": b'{"type":"buy"}',
        "quarantined_at": to_text(datetime.now(UTC)),
    }
    return Quarantined(**{**known, **fields})


def test_an_entry_is_found_as_it_was_put(store: QuarantineStore) -> None:
    whole = refused(sent_at="2026-11-21T09:29:59.900Z", ip="203.0.113.7", gpc=True, replay_of="abc", message_id=None)
    store.put([whole])
    assert store.find(whole.id) == whole
    assert whole.state == "waiting"
    assert store.find(refused(1).id) is None


@pytest.mark.parametrize("size", [0, 400_000, 2_000_000])
def test_a_body_of_any_size_comes_back_and_a_large_one_lies_in_the_bucket_under_quarantines_own_key(
    store: QuarantineStore, size: int
) -> None:
    one = refused(body=random.Random(1).randbytes(size))
    store.put([one])
    assert store.find(one.id) == one
    listed = boto3.client("s3").list_objects_v2(Bucket=BUCKET).get("Contents", [])
    assert len(listed) == (1 if size else 0)
    for entry in listed:
        head = boto3.client("s3").head_object(Bucket=BUCKET, Key=entry["Key"])
        assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", KEY)


def test_an_expired_entry_is_neither_found_nor_listed(store: QuarantineStore) -> None:
    old = to_text(datetime.now(UTC) - timedelta(days=30, seconds=1))
    young = to_text(datetime.now(UTC) - timedelta(days=29, hours=23))
    store.put([refused(1, quarantined_at=old), refused(2, quarantined_at=young)])
    assert store.find(refused(1).id) is None
    assert [entry.message_id for entry in store.newest_first("src_web", *NOVEMBER)] == ["m2"]


def test_what_was_received_long_ago_is_kept_as_long_as_anything_else(store: QuarantineStore) -> None:
    store.put([refused(received_at="2001-01-01T00:00:00.000Z")])
    assert store.find(refused(received_at="2001-01-01T00:00:00.000Z").id) is not None


def test_entries_are_listed_newest_first_over_days_and_pages_of_one_source(store: QuarantineStore) -> None:
    moments = [f"2026-11-{day:02d}T{hour:02d}:00:00.000Z" for day in (19, 20, 21) for hour in range(0, 24, 5)]
    store.put([refused(number, moment) for number, moment in enumerate(moments)])
    store.put([refused(99, "2026-11-20T12:00:00.000Z", source_id="src_app")])
    seen, after = [], ""
    while page := list(islice(store.newest_first("src_web", moments[2], moments[-3], after), 4)):
        seen += page
        after = position(page[-1])
    assert [entry.received_at for entry in seen] == moments[-3:1:-1]
    assert {entry.body for entry in seen} == {b""}


def test_a_range_that_ends_before_it_begins_or_a_position_before_it_holds_nothing(store: QuarantineStore) -> None:
    store.put([refused()])
    assert list(store.newest_first("src_web", NOVEMBER[1], NOVEMBER[0])) == []
    assert list(store.newest_first("src_web", *NOVEMBER, after="2026-10-01T00:00:00.000Z#x")) == []


def test_entries_of_one_moment_are_each_listed_once_across_a_page_break(store: QuarantineStore) -> None:
    store.put([refused(number) for number in range(3)])
    seen, after = [], ""
    while page := list(islice(store.newest_first("src_web", *NOVEMBER, after), 1)):
        seen.append(page[0].message_id)
        after = position(page[0])
    assert seen == ["m2", "m1", "m0"]


def test_putting_the_same_again_keeps_the_marks_of_its_replays(store: QuarantineStore, dynamo: Dynamo) -> None:
    one = refused()
    store.put([one])
    store.mark_sent(one.id, "mina", "2026-11-22T08:00:00.000Z")
    store.mark_sent(one.id, "jun", "2026-11-22T09:00:00.000Z")
    before = dynamo.items(QUARANTINE)
    store.put([one, refused(2)])
    assert dynamo.items(QUARANTINE)[0] == before[0]
    found = store.find(one.id)
    assert found is not None
    assert (found.state, found.replays, found.replayed_by) == ("sent", 2, "jun")
    assert found.replayed_at == "2026-11-22T09:00:00.000Z"


def test_the_end_of_a_replay_is_told_and_another_replay_may_end_better(store: QuarantineStore) -> None:
    one, again = refused(1), refused(2, replay_of=str(refused(1).id))
    store.put([one, again])
    store.mark_sent(one.id, "mina", "2026-11-22T08:00:00.000Z")
    store.mark_ended(one.id, "refused", again.id)
    found = store.find(one.id)
    assert found is not None
    assert (found.state, found.refused_as) == ("refused", str(again.id))
    store.mark_sent(one.id, "mina", "2026-11-22T09:00:00.000Z")
    found = store.find(one.id)
    assert found is not None
    assert (found.state, found.refused_as) == ("sent", None)


def test_what_was_stored_once_stays_marked_as_stored(store: QuarantineStore) -> None:
    one = refused()
    store.put([one])
    store.mark_ended(one.id, "stored", None)
    store.mark_ended(one.id, "duplicate", None)
    store.mark_ended(one.id, "refused", refused(2).id)
    store.mark_sent(one.id, "mina", "2026-11-22T09:00:00.000Z")
    found = store.find(one.id)
    assert found is not None
    assert (found.state, found.refused_as) == ("stored", None)


def test_marking_an_entry_that_is_gone_makes_none(store: QuarantineStore, dynamo: Dynamo) -> None:
    store.mark_sent(refused().id, "mina", "2026-11-22T09:00:00.000Z")
    store.mark_ended(refused().id, "stored", None)
    assert dynamo.items(QUARANTINE) == []


def test_what_could_not_be_kept_is_an_error(store: QuarantineStore, monkeypatch: pytest.MonkeyPatch) -> None:
    failing = Failing(clients.dynamodb(), "batch_execute_statement", client_error("ThrottlingException"))
    monkeypatch.setattr("shared.aws.inserts.dynamodb", lambda: failing)
    monkeypatch.setattr("shared.aws.inserts.wait", lambda turn: None)
    with pytest.raises(StillFailingError, match="ThrottlingException"):
        store.put([refused()])


_SOURCES = st.text(min_size=1, max_size=100).filter(str.isprintable)


@given(_SOURCES, st.datetimes(datetime(1, 1, 1)), st.from_regex(r"[!-~]{1,100}", fullmatch=True))
def test_an_id_leads_back_to_its_entry_and_fits_into_a_path(source_id: str, moment: datetime, origin: str) -> None:
    entry_id = EntryId(source_id, to_text(moment.replace(tzinfo=UTC)), origin)
    text = str(entry_id)
    assert EntryId.parse(text) == entry_id
    assert text.isascii()
    assert text.replace("-", "").replace("_", "").isalnum()


@given(st.text() | st.binary().map(lambda data: data.decode("latin-1")))
def test_a_text_that_is_no_id_leads_nowhere(text: str) -> None:
    found = EntryId.parse(text)
    assert found is None or EntryId.parse(str(found)) == found
