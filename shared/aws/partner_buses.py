"""Buses of other accounts: one entry put, under a session of the partners' role that names that bus alone."""

import json
import threading
import time
from typing import TYPE_CHECKING, NamedTuple

from botocore.exceptions import ClientError

from shared.aws.bus import BusEntry
from shared.aws.clients import events_as, sts

if TYPE_CHECKING:
    from types_boto3_events import EventBridgeClient

SESSION_SECONDS = 3600
_RENEWED_BEFORE = 600


class _Session(NamedTuple):
    client: "EventBridgeClient"
    until: float


_sessions: dict[tuple[str, str], _Session] = {}
_making = threading.Lock()


def put_entry(role: str, bus: str, entry: BusEntry) -> str:
    """EventBridge's code of an error, empty where the entry was taken. `role` and `bus` are ARNs."""
    try:
        answer = _client(role, bus).put_events(
            Entries=[
                {
                    "EventBusName": bus,
                    "Source": entry.source,
                    "DetailType": entry.detail_type,
                    "Detail": entry.detail,
                }
            ]
        )
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return str(answer["Entries"][0].get("ErrorCode", ""))


def forget_sessions() -> None:
    """For tests that change the cloud."""
    _sessions.clear()


def _client(role: str, bus: str) -> "EventBridgeClient":
    with _making:
        found = _sessions.get((role, bus))
        if found is None or found.until < time.monotonic():
            found = _sessions[role, bus] = _session(role, bus)
        return found.client


def _session(role: str, bus: str) -> _Session:
    allowed = {"Effect": "Allow", "Action": "events:PutEvents", "Resource": bus}
    made = sts().assume_role(
        RoleArn=role,
        RoleSessionName="deliver",
        Policy=json.dumps({"Version": "2012-10-17", "Statement": [allowed]}),
        DurationSeconds=SESSION_SECONDS,
    )
    client = events_as(made["Credentials"], region=bus.split(":")[3])
    return _Session(client, time.monotonic() + SESSION_SECONDS - _RENEWED_BEFORE)
