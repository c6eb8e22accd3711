"""An event reaches the bus of another account where that bus lets it in, and says who sent it."""

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.contract.emulator.support import Emulator, Template, until

HERE, THERE = "000000000000", "222222222222"
BUS = f"arn:aws:events:us-east-1:{THERE}:event-bus/partner"
OTHER = f"arn:aws:events:us-east-1:{THERE}:event-bus/other"
ROLE = f"arn:aws:iam::{HERE}:role/sender"


def resources(bus: str) -> Template:
    condition = {
        "ArnEquals": {"aws:PrincipalArn": ROLE},
        "StringEquals": {"events:source": "jogakbo", "events:detail-type": ["Segment Entered"]},
    }
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{HERE}:root"},
        "Action": "events:PutEvents",
        "Resource": {"Fn::GetAtt": ["Bus", "Arn"]},
        "Condition": condition,
    }
    target = {"Id": "queue", "Arn": {"Fn::GetAtt": ["Queue", "Arn"]}}
    return {
        "Bus": {"Type": "AWS::Events::EventBus", "Properties": {"Name": bus}},
        "Policy": {
            "Type": "AWS::Events::EventBusPolicy",
            "Properties": {"EventBusName": {"Ref": "Bus"}, "StatementId": "jogakbo", "Statement": statement},
        },
        "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": bus}},
        "Rule": {
            "Type": "AWS::Events::Rule",
            "Properties": {
                "EventBusName": {"Ref": "Bus"},
                "EventPattern": {"source": ["jogakbo"]},
                "Targets": [target],
            },
        },
    }


@pytest.fixture(scope="module")
def there(emulator_with_iam: Emulator) -> Emulator:
    found = replace(emulator_with_iam, account=THERE)
    for bus in ("partner", "other"):
        found.deploy(resources(bus))
    return found


@pytest.fixture(scope="module")
def sender(emulator_with_iam: Emulator, there: Emulator) -> Any:
    """A client under a role that may put on both buses, in a session that names one."""
    iam = emulator_with_iam.client("iam")
    trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{HERE}:root"}, "Action": "sts:AssumeRole"}
    iam.create_role(RoleName="sender", AssumeRolePolicyDocument=json.dumps({"Statement": [trust]}))
    both = {"Effect": "Allow", "Action": "events:PutEvents", "Resource": [BUS, OTHER]}
    iam.put_role_policy(RoleName="sender", PolicyName="p", PolicyDocument=json.dumps({"Statement": [both]}))
    session = json.dumps({"Version": "2012-10-17", "Statement": [{**both, "Resource": BUS}]})
    sts = emulator_with_iam.client("sts")
    found = sts.assume_role(RoleArn=ROLE, RoleSessionName="one", Policy=session)["Credentials"]
    return emulator_with_iam.client("events", found)


def entry(bus: str = BUS, detail_type: str = "Segment Entered") -> dict[str, str]:
    return {"EventBusName": bus, "Source": "jogakbo", "DetailType": detail_type, "Detail": json.dumps({"n": 1})}


def test_an_allowed_event_arrives_in_the_other_account_and_its_neighbour_is_refused_apart(
    sender: Any, there: Emulator
) -> None:
    answer = sender.put_events(Entries=[entry(), entry(detail_type="Traits Changed")])
    assert answer["FailedEntryCount"] == 1
    assert [one.get("ErrorCode") for one in answer["Entries"]] == [None, "AccessDeniedException"]
    sqs = there.client("sqs")
    url = sqs.get_queue_url(QueueName="partner")["QueueUrl"]
    [message] = until(lambda: sqs.receive_message(QueueUrl=url).get("Messages"))
    event = json.loads(message["Body"])
    assert (event["account"], event["detail-type"], event["detail"]) == (HERE, "Segment Entered", {"n": 1})


def test_a_session_that_names_one_bus_reaches_no_other(sender: Any) -> None:
    with pytest.raises(sender.exceptions.ClientError, match="AccessDenied"):
        sender.put_events(Entries=[entry(OTHER)])


def test_who_the_bus_does_not_name_is_refused(emulator_with_iam: Emulator, there: Emulator) -> None:
    answer = emulator_with_iam.client("events").put_events(Entries=[entry()])
    assert answer["Entries"][0]["ErrorCode"] == "AccessDeniedException"


def test_a_bus_that_is_not_there_is_told(emulator: Emulator) -> None:
    answer = emulator.client("events").put_events(Entries=[entry()])
    assert answer["Entries"][0]["ErrorCode"] == "ResourceNotFoundException"
