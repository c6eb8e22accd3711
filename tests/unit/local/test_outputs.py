"""The outputs of a stack become the names that people and tests use."""

import stat
from pathlib import Path

from local.outputs import Origins, from_stack, read, write
from local.places import Places

STACK = {
    "BusName": "bus",
    "EventsStreamName": "stream",
    "LogBucketName": "bucket",
    "IdentifierKeySecretName": "secret",
    "EventsTable": "jogakbo-local-events",
    "StoreRetriesQueueUrl": "http://localhost/store-retries",
    "CollectEventsFunctionName": "jogakbo-local-collect_events",
    "CollectApiId": "a1",
}
ORIGINS = Origins("http://127.0.0.1:1", "http://127.0.0.1:2", "http://127.0.0.1:3", "us-east-1", "local")


def test_deployed_names_are_keyed_by_the_names_in_the_code() -> None:
    outputs = from_stack(STACK, ORIGINS)
    assert outputs.tables == {"events": "jogakbo-local-events"}
    assert outputs.queues == {"store_retries": "http://localhost/store-retries"}
    assert outputs.functions == {"collect_events": "jogakbo-local-collect_events"}


def test_what_is_written_is_read_again_and_is_its_owner_s_alone(tmp_path: Path) -> None:
    places = Places(tmp_path)
    outputs = from_stack(STACK, ORIGINS).with_seed("wk", "token", "src")
    path = write(places, outputs)
    assert read(places) == outputs
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["outputs.json"]


def test_no_outputs_are_read_before_the_first_are_written(tmp_path: Path) -> None:
    assert read(Places(tmp_path)) is None
