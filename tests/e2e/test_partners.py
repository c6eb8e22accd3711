"""A partner in an account of its own: the kit deployed there, entering, withdrawing, merging, a gap and leaving.

On the cloud that holds each function to its role alone: without that it says less, and nothing else.
"""

import json
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
from typer.testing import CliRunner

from cli import commands_partners
from cli.main import app
from events.partner.consumer import Consumer, lines_of
from functions.deliver.handler import CONFIGURATION_KEPT_SECONDS
from local import aws as local_aws
from local.outputs import Outputs
from shared.contracts.partners import PARTNER_DETAILS
from shared.domain.partners import NEEDED, pseudonym
from tests.e2e.people import api, aws, eventually, fresh, has, send, track
from tests.e2e.test_spine import BOUGHT
from tests.partner_kit import KIT

pytestmark = [pytest.mark.e2e, pytest.mark.parametrize("cloud", ["iam"], indirect=True)]
ID, PURPOSE = "acme", "acme_offers"
TYPES = ("Segment Entered", "Segment Exited", "Consent Changed", "Traits Changed", *NEEDED)


@dataclass
class Partner:
    """Reads its own queue, with nothing but its own account. While it `loses`, what comes is gone unread: `whole` saw
    it all the same.
    """

    sqs: Any
    queue: str
    key: bytes
    consumer: Consumer = field(default_factory=lambda: Consumer([PURPOSE]))
    whole: Consumer = field(default_factory=lambda: Consumer([PURPOSE]))
    loses: bool = False
    events: list[dict[str, Any]] = field(default_factory=list)

    def read(self) -> list[dict[str, Any]]:
        """All that came so far."""
        while found := self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages"):
            for message in found:
                event = json.loads(message["Body"])
                PARTNER_DETAILS[event["detail-type"]].model_validate(event["detail"])
                for one in (self.whole,) if self.loses else (self.whole, self.consumer):
                    one.take(event)
                self.events.append(event)
                self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
        return self.events

    def told(self, profile_id: str) -> list[str]:
        """Detail types of what came about somebody under this pseudonym."""
        who = pseudonym(self.key, profile_id)
        return [one["detail-type"] for one in self.read() if one["detail"].get("data", {}).get("profile_id") == who]


@pytest.fixture(scope="module")
def partner(cloud: Outputs) -> Partner:
    queue = deploy_kit(cloud)
    if not any(known["id"] == PURPOSE for known in api(cloud).pages("/v1/purposes", "items")):
        api(cloud).put(f"/v1/purposes/{PURPOSE}", {"name": {"en": "Offers of Acme"}})
    settings = {"bus": local_aws.PARTNER_BUS}
    body = {"name": "Acme", "kind": "partner_bus", "partner_bus": settings, "detail_types": [*TYPES]}
    made = api(cloud).put(f"/v1/destinations/{ID}", {**body, "purposes": [PURPOSE]})
    assert made["secret"] is None
    time.sleep(CONFIGURATION_KEPT_SECONDS)
    return Partner(there(cloud, "sqs"), queue, key_of(cloud))


def there(cloud: Outputs, service: str) -> Any:
    """A client of the partner's account."""
    session = boto3.Session(
        aws_access_key_id=local_aws.PARTNER_ACCOUNT, aws_secret_access_key="test", region_name=cloud.region
    )
    return session.client(service, endpoint_url=cloud.aws_endpoint_url)  # type: ignore[call-overload]


def deploy_kit(cloud: Outputs) -> str:
    """The partner's stack by its template; the URL of its queue."""
    formation = there(cloud, "cloudformation")
    given = {"CompanyAccount": local_aws.ACCOUNT, "Stage": cloud.stage}
    parameters = [{"ParameterKey": key, "ParameterValue": value} for key, value in given.items()]
    body = (KIT / "template.json").read_text()
    formation.create_stack(StackName="jogakbo", TemplateBody=body, Parameters=parameters)

    def outputs() -> dict[str, str] | None:
        [stack] = formation.describe_stacks(StackName="jogakbo")["Stacks"]
        assert "FAILED" not in stack["StackStatus"], stack
        assert "ROLLBACK" not in stack["StackStatus"], stack
        return {one["OutputKey"]: one["OutputValue"] for one in stack.get("Outputs", ())}

    return eventually(outputs, "the partner's stack")["FactsQueueUrl"]


def key_of(cloud: Outputs) -> bytes:
    secrets = aws(cloud, "secretsmanager")
    pages = secrets.get_paginator("list_secrets").paginate()
    [name] = [one["Name"] for page in pages for one in page["SecretList"] if f"/destinations/{ID}/" in str(one["Name"])]
    return str(json.loads(secrets.get_secret_value(SecretId=name)["SecretString"])[0]).encode()


def choosing(choice: bool) -> dict[str, Any]:
    return {"consent": {"categoryPreferences": {PURPOSE: choice}}}


def test_who_entered_is_told_of_until_they_withdraw_and_who_refused_never(cloud: Outputs, partner: Partner) -> None:
    willing, refusing = fresh("willing"), fresh("refusing")
    for user, choice in ((willing, True), (refusing, False)):
        send(cloud, {"batch": [track(user, BOUGHT, f"{user}-1", context=choosing(choice))]})
    enters, refuses = (has(cloud, f"user_id:{user}", Order_Completed=1)["profile_id"] for user in (willing, refusing))
    eventually(lambda: "Segment Entered" in partner.told(enters), "entered")
    eventually(lambda: "Consent Changed" in partner.told(refuses), "refused")
    who = pseudonym(partner.key, enters)
    assert known(partner, who)["segment:bought_once"] == "entered"
    send(cloud, {"batch": [track(willing, "Chosen", f"{willing}-2", context=choosing(False))]})
    eventually(lambda: partner.read() and not known(partner, who), "withdrawn")
    before = partner.told(enters)
    send(
        cloud, {"batch": [{"type": "identify", "userId": willing, "traits": {"plan": "pro"}, "messageId": fresh("m")}]}
    )
    after = fresh("after")
    send(cloud, {"batch": [track(after, BOUGHT, f"{after}-1", context=choosing(True))]})
    later = has(cloud, f"user_id:{after}", Order_Completed=1)["profile_id"]
    eventually(lambda: "Segment Entered" in partner.told(later), "somebody after them")
    assert partner.told(enters) == before
    assert {*partner.told(refuses)} == {"Consent Changed"}
    assert {event["account"] for event in partner.events} == {local_aws.ACCOUNT}
    text = json.dumps(partner.events)
    assert [one for one in (willing, refusing, enters, refuses) if one in text] == []


def test_of_two_who_become_one_the_partner_knows_one(cloud: Outputs, partner: Partner) -> None:
    visitor, user = fresh("visitor"), fresh("user")
    for who in ({"anonymousId": visitor}, {"userId": user}):
        body = {"type": "track", "event": BOUGHT, "messageId": fresh("m"), "context": choosing(True), **who}
        send(cloud, {"batch": [body]})
    ids = [has(cloud, one, Order_Completed=1)["profile_id"] for one in (f"anonymous_id:{visitor}", f"user_id:{user}")]
    for one in ids:
        eventually(lambda one=one: "Segment Entered" in partner.told(one), "both entered")
    login = {"type": "identify", "userId": user, "anonymousId": visitor, "messageId": fresh("m")}
    send(cloud, {"batch": [login]})
    stays = has(cloud, f"user_id:{user}", Order_Completed=2)["profile_id"]
    [gone] = {*ids} - {stays}
    eventually(lambda: "Profile Merged" in partner.told(stays), "merged")
    assert known(partner, pseudonym(partner.key, stays))["segment:bought_once"] == "entered"
    assert known(partner, pseudonym(partner.key, gone)) == {}


def test_after_a_gap_a_snapshot_brings_back_what_was_lost(
    cloud: Outputs, partner: Partner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    leaves, joins = fresh("leaves"), fresh("joins")
    send(cloud, {"batch": [track(leaves, BOUGHT, f"{leaves}-1", context=choosing(True))]})
    left = has(cloud, f"user_id:{leaves}", Order_Completed=1)["profile_id"]
    eventually(lambda: "Segment Entered" in partner.told(left), "entered")
    partner.loses = True
    chosen = track(leaves, "Chosen", f"{leaves}-2", context=choosing(False))
    send(cloud, {"batch": [chosen, track(joins, BOUGHT, f"{joins}-1", context=choosing(True))]})
    joined = has(cloud, f"user_id:{joins}", Order_Completed=1)["profile_id"]
    eventually(lambda: {"Segment Entered", "Consent Changed"} <= {*partner.told(joined)}, "joined, and lost")
    eventually(lambda: partner.told(left).count("Consent Changed") > 1, "withdrawn, and lost")
    partner.loses = False
    who, lost = pseudonym(partner.key, left), pseudonym(partner.key, joined)
    assert (bool(known(partner, who)), bool(known(partner, lost))) == (True, False)
    partner.consumer.load(snapshot(cloud, tmp_path, monkeypatch))
    assert (bool(known(partner, who)), bool(known(partner, lost))) == (False, True)
    eventually(lambda: partner.read() and partner.consumer.state() == partner.whole.state(), "the same of everybody")


def snapshot(cloud: Outputs, place: Path, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """By the command; nobody's clock differs here."""
    monkeypatch.setattr(commands_partners, "SETTLED_SECONDS", 0)
    outputs, file = place / "outputs.json", place / "acme.jsonl.gz"
    outputs.write_text(json.dumps(asdict(cloud)))
    with local_aws.speaking_to(cloud.aws_endpoint_url):
        done = CliRunner().invoke(app, ["partner", "snapshot", ID, "--to", str(file), "--outputs", str(outputs)])
    assert done.exit_code == 0, done.output
    return lines_of(file)


def test_who_leaves_is_told_so_as_the_last(cloud: Outputs, partner: Partner) -> None:
    version = api(cloud).get(f"/v1/destinations/{ID}")["version"]
    api(cloud).delete(f"/v1/destinations/{ID}", version)
    time.sleep(CONFIGURATION_KEPT_SECONDS)
    user = fresh("user")
    send(cloud, {"batch": [track(user, BOUGHT, f"{user}-1", context=choosing(True))]})
    late = has(cloud, f"user_id:{user}", Order_Completed=1)["profile_id"]
    eventually(lambda: partner.read() and partner.consumer.state()["ended"], "the farewell", seconds=60)
    assert partner.events[-1]["detail"]["data"]["partner"] == ID
    assert partner.told(late) == []


def known(partner: Partner, who: str) -> dict[str, str]:
    found: dict[str, str] = partner.consumer.state()["people"].get(who, {})
    return found
