"""Drives carry_out_requests by hand as the state machine does, and looks for what is left of somebody."""

from datetime import UTC, datetime
from typing import Any

import boto3

from functions.carry_out_requests.handler import handler as carry_out_requests
from local.traces import Stores
from shared.domain.privacy_requests import Identity, PrivacyRequest, RequestKind
from shared.stores.receipt_store import ReceiptStore
from shared.stores.request_store import RequestStore
from shared.stores.tables import PRIVACY, TABLES
from tests.conftest import Deployment
from tests.jobs import Minutes
from tests.pipeline import track
from tests.way import Way


def asked(
    aws: Deployment,
    *identities: tuple[str, str],
    request_id: str = "r1",
    kind: RequestKind = "erasure",
    profile_id: str = "",
) -> str:
    """A verified request about these `(namespace, value)`."""
    about = tuple(Identity(*one) for one in identities)
    now = "2026-11-21T10:00:00.000Z"
    request = PrivacyRequest(request_id, kind, "gdpr", about, "privacy", now, now, "verified", profile_id=profile_id)
    RequestStore(aws.table(PRIVACY)).put(request, datetime.now(UTC))
    return request_id


def carried_out(request_id: str = "r1", context: Minutes | None = None) -> int:
    """Until it has ended; how many calls it took."""
    waited = 0
    for calls in range(1, 1_000):
        answer = carry_out_requests({"request_id": request_id, "waited": waited}, context or Minutes())
        waited = answer["wait_seconds"]
        if not answer["again"]:
            return calls
    raise AssertionError("it never ends")


def request(aws: Deployment, request_id: str = "r1") -> PrivacyRequest:
    found = RequestStore(aws.table(PRIVACY)).find(request_id)
    assert found
    return found


def receipt(aws: Deployment, request_id: str = "r1") -> dict[str, Any]:
    found = ReceiptStore(aws.table(PRIVACY)).find(request_id)
    assert found
    return found


def erased(aws: Deployment, *identities: tuple[str, str], request_id: str = "r1") -> dict[str, Any]:
    """Ask, carry out, and give the receipt."""
    carried_out(asked(aws, *identities, request_id=request_id))
    assert request(aws, request_id).state == "completed", request(aws, request_id).reason
    return receipt(aws, request_id)


def naming(aws: Deployment, *texts: str) -> list[str]:
    """Where one of these texts stands, save where a receipt says."""
    tables = {table.name: aws.table(table) for table in TABLES}
    return Stores(boto3.client, tables, aws.bucket, {}).left(*texts)


def shared_tablet(way: Way) -> None:
    """Jane and Kim, who used one, and once each other's addresses, in events that are long enough to be packed."""
    long = {"page": {"title": "About the two of us. " * 15}}
    way.collect(
        track("j1", type="identify", userId="jane", traits={"email": "jane@x.example"}),
        track("k1", type="identify", userId="kim", traits={"email": "kim@x.example"}),
        track("j2", userId="jane", anonymousId="tablet"),
    )
    way.drain()
    way.collect(
        track("k2", userId="kim", anonymousId="tablet"),
        *(
            track(message_id, type="identify", userId=user, traits={"email": other, "friend": other}, context=long)
            for message_id, user, other in (("k3", "kim", "jane@x.example"), ("j3", "jane", "kim@x.example"))
        ),
    )
    way.drain()
