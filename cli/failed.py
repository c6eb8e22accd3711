"""Hands over again what Lambda gave up: records that a function could not take from its stream."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from cli.deployment import Deployment
from shared.aws.dynamo import to_python
from shared.aws.queues import send_messages
from shared.contracts.queues import Rebuild, StoreRetry, stitch_retries
from shared.domain.times import to_text
from shared.stores.failed_batches import FailedBatch, FailedBatches, UnreadableBatchError
from shared.stores.keys import PROFILE, profile_pk
from shared.stores.waits import Waits

FUNCTIONS = {"records": "store_events", "events": "stitch_identities", "profiles": "stitch_identities"}
"""Which function takes the batches of a stream again; facts of a profile are published from its rebuild."""

_MINUTE = len("2026-11-21T09:30")


def failed_batches(deployed: Deployment, first: datetime | None, last: datetime | None) -> list[str]:
    """Keys of the batches that were given up in the minutes from `first` to `last`, both included."""
    bounds = [to_text(bound)[:_MINUTE] if bound else "" for bound in (first, last)]
    return list(FailedBatches(deployed.log_bucket).list(*bounds))


def hand_over(deployed: Deployment, keys: Sequence[str]) -> tuple[Counter[str], list[str]]:
    """Send each batch to the retry queue of its function: how many by stream, and what is wrong with the others.

    store_events reads and removes its batches itself; those of the tables' streams are in the messages, and removed.
    """
    batches, sent, problems = FailedBatches(deployed.log_bucket), Counter[str](), list[str]()
    for key in keys:
        try:
            batch = batches.get(key)
        except UnreadableBatchError as error:
            problems.append(str(error))
            continue
        if batch is None:
            continue
        sent[batch.stream] += 1
        if batch.stream == "records":
            send_messages(deployed.store_retries_url, [StoreRetry(object=key).model_dump_json()])
            continue
        since = to_text(datetime.now(UTC))
        bodies = list(_stitch_retries(batch, since) if batch.stream == "events" else _rebuilds(batch))
        if batch.stream == "events":
            Waits(deployed.ledger_table).parked(bodies, since)
        send_messages(deployed.stitch_retries_url, bodies)
        batches.remove(key)
    return sent, problems


def _stitch_retries(batch: FailedBatch, since: str) -> Iterable[str]:
    keys = [to_python(record["dynamodb"]["Keys"]) for record in batch.records]
    messages = stitch_retries(((key["pk"], key["sk"]) for key in keys), waits_since=since)
    return (message.model_dump_json() for message in messages)


def _rebuilds(batch: FailedBatch) -> Iterable[str]:
    """A rebuild for each profile in the batch, its facts published from the first of its lost writes on."""
    since: dict[str, str] = {}
    for record in batch.records:
        written = _written(record["dynamodb"])
        if written:
            profile_id, at = written
            since[profile_id] = min(at, since.get(profile_id, at))
    for profile_id, at in since.items():
        yield Rebuild(profile_id=profile_id, republish_from=at).model_dump_json()


def _written(change: Mapping[str, Any]) -> tuple[str, str] | None:
    """Profile id and time of a write; None for what is no write of a profile."""
    if change["Keys"]["sk"]["S"] != PROFILE or "NewImage" not in change:
        return None
    return change["Keys"]["pk"]["S"].removeprefix(profile_pk("")), change["NewImage"]["updated_at"]["S"]
