"""Links to exports: made by who may, good for seven days, fetched without an API token, each time in the audit log."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.aws.clients import dynamodb
from shared.aws.dynamo import to_attributes
from shared.domain.times import to_text
from shared.stores.audit_log import AuditLog
from shared.stores.export_store import ExportStore
from shared.stores.keys import EXPORTS, secret_hash
from shared.stores.tables import LEDGER, PRIVACY
from tests.conftest import Deployment
from tests.pipeline import items, track
from tests.privacy import Officer, fetched
from tests.way import Way


@pytest.fixture
def officer(aws: Deployment) -> Officer:
    way = Way(aws)
    way.collect(track("m1"))
    way.drain().close()
    return Officer(aws)


def test_a_link_leads_to_the_file_for_seven_days_and_who_follows_it_is_known(
    aws: Deployment, officer: Officer, tmp_path: Path
) -> None:
    request_id = officer.requests("access", "user_id:u1")
    assert officer.does("links", request_id)[1]["code"] == "export_missing"
    (tmp_path / "export.json").write_text("{}")
    ExportStore(aws.bucket, aws.table(PRIVACY)).put(request_id, [tmp_path / "export.json"])
    clerk = Officer(aws, ("privacy:read", "privacy:write"))
    assert clerk.does("links", request_id)[1]["code"] == "scope_missing"
    bound = Officer(aws, purposes=("advertising",))
    assert bound.does("links", request_id)[1]["code"] == "purposes_bound"
    status, link = officer.does("links", request_id)
    assert (status, link["formats"]) == (201, ["json"])
    reply = fetched(link["path"], format="json")
    assert (reply["statusCode"], reply["body"]) == (302, "")
    address = reply["headers"]["Location"]
    assert f"exports/{request_id}/export.json" in address
    assert "X-Amz-Expires=300" in address
    assert fetched(link["path"], format="html")["statusCode"] == 404
    token = link["path"].rpartition("/")[2]
    assert token not in str(items(aws, PRIVACY))
    profile_id = officer.get(f"/v1/privacy/requests/{request_id}")["profile_id"]
    entries = [one for one in AuditLog(aws.table(LEDGER)).newest([profile_id]) if one.what == "exported"]
    assert [(one.actor, one.place) for one in entries] == [("link of privacy from 203.0.113.7", "get_export")]

    key = {"pk": EXPORTS, "sk": secret_hash(token)}
    past = {":past": to_text(datetime(2026, 1, 1, tzinfo=UTC))}
    dynamodb().update_item(
        TableName=aws.table(PRIVACY),
        Key=to_attributes(key),
        UpdateExpression="SET expires_at = :past",
        ExpressionAttributeValues=to_attributes(past),
    )
    assert fetched(link["path"], format="json")["statusCode"] == 404
    assert fetched(f"/v1/privacy/exports/{'x' * 43}")["statusCode"] == 404
    assert fetched("/v1/privacy/exports/short")["statusCode"] == 400
    assert fetched("/v1/privacy/requests")["statusCode"] == 401
