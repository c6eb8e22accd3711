"""Requests about a person through the deployed stack: their state machine, the export, its link, a stop and its end."""

from typing import Any

import httpx
import pytest

from local.outputs import Outputs
from tests.e2e.people import TLS, api, eventually, fresh, has, profile, send, track
from tests.e2e.test_erasure import REQUESTS, over

pytestmark = pytest.mark.e2e


def carried_out(cloud: Outputs, kind: str, identity: str) -> dict[str, Any]:
    """Asked, verified and ended."""
    made = api(cloud).post(REQUESTS, {"kind": kind, "identities": [identity], "regulation": "kr"})
    api(cloud).post(f"{REQUESTS}/{made['id']}/verify", {"result": "verified", "method": "identity_document"})
    ended = eventually(lambda: over(cloud, made["id"]), f"the end of {kind}")
    assert ended["state"] == "completed", ended["reason"]
    return ended


def test_who_asks_sees_all_that_is_held_and_is_left_alone_until_they_come_back(cloud: Outputs) -> None:
    user, device = fresh("asks"), fresh("device")
    known = f"user_id:{user}"
    visit = {"type": "track", "event": "Visited", "anonymousId": device, "messageId": f"{user}-1"}
    for event in (visit, track(user, "Signed In", f"{user}-2", anonymousId=device)):
        send(cloud, {"batch": [event]})
    has(cloud, known, Visited=1, Signed_In=1)

    request = carried_out(cloud, "access", known)
    link = api(cloud).post(f"{REQUESTS}/{request['id']}/links")
    held = httpx.get(f"{cloud.api_url}{link['path']}?format=json", verify=TLS, follow_redirects=True).json()
    assert {event["message_id"] for event in held["events"]} == {f"{user}-1", f"{user}-2"}

    carried_out(cloud, "stop", known)
    stopped = known_by(cloud, known)
    send(cloud, {"batch": [track(user, "Bought", f"{user}-3")]})
    left = eventually(lambda: since(cloud, known, stopped["version"]), "the event that is left")
    assert (left["processing_stopped"], left["events"]) == (True, stopped["events"])
    carried_out(cloud, "resume", known)
    has(cloud, known, Bought=1)


def known_by(cloud: Outputs, identifier: str) -> dict[str, Any]:
    found = profile(cloud, identifier)
    assert found is not None
    return found


def since(cloud: Outputs, identifier: str, version: int) -> dict[str, Any] | None:
    """The person once they were written again."""
    found = known_by(cloud, identifier)
    return found if found["version"] > version else None
