"""The real Catalogue API and partners: the key of their pseudonyms is told to nobody, and goes with a farewell."""

import json
from typing import Any

import boto3
import pytest

from tests.component import test_manage_catalogue
from tests.component.managing import ask
from tests.component.test_manage_catalogue import kept_secrets, secret_names
from tests.conftest import Deployment

token = test_manage_catalogue.token
BUS = "arn:aws:events:ap-northeast-2:222222222222:event-bus/jogakbo"
TYPES = ["Segment Entered", "Profile Merged", "Profile Split", "Profile Erased"]
PARTNER: dict[str, Any] = {
    "name": "Acme",
    "kind": "partner_bus",
    "partner_bus": {"bus": BUS},
    "detail_types": TYPES,
}


def waiting(aws: Deployment) -> list[dict[str, Any]]:
    sqs = boto3.client("sqs")
    attributes = sqs.get_queue_attributes(QueueUrl=aws.deliveries_url, AttributeNames=["All"])["Attributes"]
    delayed = int(attributes["ApproximateNumberOfMessagesDelayed"])
    found = sqs.receive_message(QueueUrl=aws.deliveries_url, MaxNumberOfMessages=10).get("Messages", [])
    return [{"delayed": delayed}, *(json.loads(one["Body"]) for one in found)]


def test_the_key_of_a_partners_pseudonyms_is_never_told_nor_changed_and_goes_with_a_farewell(aws: Deployment) -> None:
    status, made = ask("PUT", "/v1/destinations/acme", PARTNER)
    assert (status, made["secret"]) == (200, None)
    [key] = kept_secrets()
    assert key not in str(ask("GET", "/v1/destinations/acme"))
    assert ask("POST", "/v1/destinations/acme/secret")[0] == 400
    assert kept_secrets() == [key]
    assert ask("DELETE", "/v1/destinations/acme")[0] == 200
    assert secret_names() == []
    assert waiting(aws) == [{"delayed": 2}]  # the farewell, and the end of what is held, until what had begun has ended


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"partner_bus": {"bus": f"{BUS}*"}}, "partner_bus.bus"),
        ({"detail_types": TYPES[:-1]}, "detail_types"),
        ({"partner_bus": None}, "partner_bus"),
        ({"partner_bus": {"bus": BUS, "known_by": "email"}}, "partner_bus.known_by"),
    ],
)
def test_a_partner_that_could_not_be_served_is_refused_at_the_field(change: dict[str, Any], field: str) -> None:
    status, problem = ask("PUT", "/v1/destinations/acme", PARTNER | change)
    assert (status, [one["field"] for one in problem["problems"]]) == (400, [field])
