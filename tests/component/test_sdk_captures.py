"""Requests that published SDKs were seen to send, through the real collector and store_events: all are accepted."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Deployment
from tests.pipeline import collected, counts, kinesis_records, refusals, request, seed_source, sent, stored, stored_ids

CAPTURES = Path(__file__).parents[1] / "fixtures" / "sdk_captures"
SEQUENCES = "shared-device-identity-sequence"
NAMES = sorted(path.stem for path in CAPTURES.glob("*.json") if path.stem != SEQUENCES)


def capture(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((CAPTURES / f"{name}.json").read_text())
    return content


def posts(name: str) -> Iterator[dict[str, Any]]:
    """Every request with events of a capture."""
    for found in capture(name)["captures"].values():
        for one in found if isinstance(found, list) else ():
            if one.get("method") == "POST":
                yield one


def replayed(post: dict[str, Any]) -> dict[str, Any]:
    """The request as API Gateway hands it on: with its own headers, and gzip where it was gzip."""
    body = json.dumps(post["body"]).encode()
    headers = {name.lower(): value for name, value in post["headers"].items()}
    return request(gzip.compress(body) if post["content_encoding"] == "gzip" else body, post["path"], **headers)


def events_of(post: dict[str, Any]) -> list[dict[str, Any]]:
    batch: list[dict[str, Any]] = post["body"].get("batch", [post["body"]])
    return batch


@pytest.mark.parametrize("name", NAMES)
def test_every_event_of_a_capture_is_stored_once_however_often_it_comes(aws: Deployment, name: str) -> None:
    seed_source(aws, write_key="WK")
    every = list(posts(name))
    for post in [*every, *every]:
        assert sent(replayed(post)) == (200, {"success": True})
    assert stored(kinesis_records(*collected(aws))) == []
    ids = sorted(event["messageId"] for post in every for event in events_of(post))
    assert ids
    assert stored_ids(aws) == ids
    assert refusals(aws) == []
    assert counts(aws)["duplicate"] == len(ids)


@pytest.mark.parametrize("sdk", capture(SEQUENCES))
def test_people_who_share_a_device_are_taken_as_each_sdk_tells_of_them(aws: Deployment, sdk: str) -> None:
    seed_source(aws)
    calls = capture(SEQUENCES)[sdk]
    for place, call in enumerate(calls):
        body = {name: value for name, value in call.items() if name != "path"}
        assert sent(request({**body, "messageId": f"m{place}"}, call["path"])) == (200, {"success": True})
    assert stored(kinesis_records(*collected(aws))) == []
    assert stored_ids(aws) == [f"m{place}" for place in range(len(calls))]
    assert refusals(aws) == []
