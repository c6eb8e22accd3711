"""Drives carry_out_requests by hand as the state machine does, and looks for what is left of somebody."""

import json
from datetime import UTC, datetime
from typing import Any

import boto3
import zstandard

from functions.carry_out_requests.handler import handler as carry_out_requests
from shared.aws.dynamo import to_python
from shared.domain.privacy_requests import Identity, PrivacyRequest, RequestKind
from shared.stores.receipt_store import ReceiptStore
from shared.stores.request_store import RequestStore
from shared.stores.tables import PRIVACY, SUPPRESSIONS, TABLES
from tests.conftest import Deployment
from tests.jobs import Minutes


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


def everything(aws: Deployment) -> dict[str, str]:
    """Every item of every table but the suppressions as text, and every object that no receipt names."""
    found: dict[str, str] = {}
    dynamodb = boto3.client("dynamodb")
    for table in TABLES:
        if table != SUPPRESSIONS:
            for item in dynamodb.scan(TableName=aws.table(table))["Items"]:
                plain = to_python(item)
                found[f"{table.name} {plain['pk']} {plain['sk']}"] = _as_text(plain)
    s3 = boto3.client("s3")
    for entry in s3.list_objects_v2(Bucket=aws.bucket).get("Contents", []):
        if not entry["Key"].startswith(("log/", "outcomes/", "lake/erasures/", "expiring/")):
            body = s3.get_object(Bucket=aws.bucket, Key=entry["Key"])["Body"].read()
            found[entry["Key"]] = f"{body!r} {_unpacked(body)}"
    return found


def naming(aws: Deployment, *texts: str) -> list[str]:
    """Where one of these texts stands."""
    return [place for place, said in everything(aws).items() if any(text.lower() in said.lower() for text in texts)]


def _as_text(item: dict[str, Any]) -> str:
    return json.dumps(item, ensure_ascii=False, default=_unpacked)


def _unpacked(value: object) -> str:
    assert isinstance(value, bytes)
    try:
        return zstandard.ZstdDecompressor().decompress(value).decode(errors="replace")
    except zstandard.ZstdError:
        return value.hex()
