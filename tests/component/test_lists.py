"""A list for an ad platform by the real deliver: who enters and who leaves, files on time, in full, and an erasure."""

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest

from shared.contracts.queues import Errand
from shared.destinations.s3_list import client
from shared.domain.destination_rules import LIST_NEEDS
from shared.domain.destinations import PayloadField
from shared.stores.list_store import ListStore
from shared.stores.tables import LEDGER
from tests.component.stitched import stitch_into
from tests.component.test_deliver import a_cold_function, deliver, hidden, message, person
from tests.conftest import Deployment
from tests.erasures import erased
from tests.outlets import Outlet, a_list, files, lines_of, put, run, written
from tests.people import make_event

__all__ = ["a_cold_function", "hidden"]
COLUMNS = (PayloadField("Email", "identifiers.email", "sha256"), PayloadField("Phone", "identifiers.phone", "sha256"))
MAY: dict[str, Any] = {"purposes": ("Advertising",), "identifiers": ("email", "phone"), "detail_types": LIST_NEEDS}


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture
def outlet(aws: Deployment) -> Iterator[Outlet]:
    with a_list() as made:
        put(aws, made, fields=COLUMNS, **MAY)
        yield made


def buyer(aws: Deployment, user: str = "u1", **traits: str) -> str:
    person(aws, advertising=True, user=user)
    body = {"type": "track", "event": "Order Completed", "userId": user, "context": {"traits": traits}}
    return stitch_into(aws, make_event(body, days=1.5))


def fact(profile_id: str, number: int, detail_type: str = "Segment Entered", **data: Any) -> dict[str, Any]:
    record = message(profile_id, detail_type, **data)
    envelope = json.loads(record["body"])
    envelope["detail"]["metadata"] |= {"id": f"{number:032d}", "sequence": number}
    return record | {"body": json.dumps(envelope), "messageId": f"message-{number}"}


def test_who_enters_is_added_hashed_and_who_withdraws_is_taken_off_and_a_late_repeat_brings_nobody_back(
    aws: Deployment, outlet: Outlet
) -> None:
    profile_id = buyer(aws, phone="010-1234-5678")
    entered = fact(profile_id, 2)
    assert deliver(entered, fact(profile_id, 3, segment="another")) == []
    waiting = boto3.client("sqs").get_queue_attributes(QueueUrl=aws.deliveries_url, AttributeNames=["All"])
    assert waiting["Attributes"]["ApproximateNumberOfMessagesDelayed"] == "1", "the next file is on its way"
    both = {"Email": sha("u1@example.com"), "Phone": sha("+821012345678")}
    assert written("crm") == [both]
    assert written("crm") == [both], "what was said once is not said again"
    person(aws, advertising=False, day=3)
    assert (
        deliver(fact(profile_id, 4, "Consent Changed", purpose="Advertising", state="refused", previous="granted"))
        == []
    )
    assert written("crm", "-remove.csv") == [
        {"Email": both["Email"], "Phone": ""},
        {"Email": "", "Phone": both["Phone"]},
    ]
    assert not ListStore(aws.table(LEDGER)).put("crm", profile_id, ({"Email": "x"},), 2)
    run(Errand(errand="full", destination_id="crm"))
    (done,) = [body for key, body in files("crm").items() if "/full/" in key]
    assert json.loads(done) == {"parts": 0}


def test_who_withdraws_while_two_files_are_written_at_once_is_taken_off(
    aws: Deployment, outlet: Outlet, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile_id, put_object, once = buyer(aws), client.put_object, list[int]()
    assert deliver(fact(profile_id, 2)) == []

    def overtaken(*given: Any) -> None:
        if not once:
            once.append(1)
            person(aws, advertising=False, day=3)
            withdrawn = {"purpose": "Advertising", "state": "refused", "previous": "granted"}
            assert deliver(fact(profile_id, 4, "Consent Changed", **withdrawn)) == []
            run(Errand(errand="flush", destination_id="crm"))
        put_object(*given)

    sent: list[Errand] = []
    monkeypatch.setattr("functions.deliver.handler._send_errand", lambda errand, seconds: sent.append(errand))
    monkeypatch.setattr(client, "put_object", overtaken)
    run(Errand(errand="flush", destination_id="crm"))
    assert [line["Email"] for line in lines_of_all("crm", "-add.csv")] == [sha("u1@example.com")]
    assert sent[-1] == Errand(errand="flush", destination_id="crm"), "at once"
    run(sent[-1])
    assert [line["Email"] for line in lines_of_all("crm", "-remove.csv")] == [sha("u1@example.com")]


def lines_of_all(name: str, ending: str) -> list[dict[str, str]]:
    return [line for key, body in files(name).items() if key.endswith(ending) for line in lines_of(body)]


def test_who_went_into_one_who_refused_is_taken_off(aws: Deployment, outlet: Outlet) -> None:
    refuser, joins = person(aws, advertising=False), buyer(aws, "u2")
    assert deliver(fact(joins, 2)) == []
    assert {"Email": sha("u2@example.com"), "Phone": ""} in written("crm")
    assert deliver(fact(refuser, 3, "Profile Merged", merged_profile_id=joins)) == []
    assert written("crm", "-remove.csv") == [{"Email": sha("u2@example.com"), "Phone": ""}]


def test_a_full_file_has_everybody_in_parts_and_goes_on_where_it_was(
    aws: Deployment, outlet: Outlet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "PEOPLE_A_PART", 1)
    sent: list[Errand] = []
    monkeypatch.setattr("functions.deliver.handler._send_errand", lambda errand, seconds: sent.append(errand))
    for number, user in enumerate(("u1", "u2")):
        assert deliver(fact(buyer(aws, user), number)) == []
    sent.clear()
    run(Errand(errand="full", destination_id="crm"))
    while sent:
        run(sent.pop())
    parts = [body for key, body in files("crm").items() if "/full/" in key and key.endswith(".csv")]
    emails = {line["Email"] for body in parts for line in lines_of(body)}
    assert (len(parts), emails) == (2, {sha("u1@example.com"), sha("u2@example.com")})


def test_an_erasure_takes_somebody_off_and_out_of_the_files_that_added_them_and_the_recipient_is_told(
    aws: Deployment, outlet: Outlet
) -> None:
    gone, other = buyer(aws), buyer(aws, "u2")
    assert deliver(fact(gone, 2), fact(other, 3)) == []
    assert len(written("crm")) == 2
    lists = ListStore(aws.table(LEDGER))
    lists.put("removed", gone, ({"Email": "x"},), 1)
    lists.wait("removed", outlet.settings["s3_list"], datetime.now(UTC))
    receipt = erased(aws, ("user_id", "u1"))
    assert (receipt["found"]["lists"], receipt["found"]["outbound_files"]) == (2, 1)
    assert (receipt["left"]["lists"], receipt["left"]["outbound_files"]) == (0, 0)
    assert [line["Email"] for line in written("crm")] == [sha("u2@example.com")]
    assert {"Email": sha("u1@example.com"), "Phone": ""} in written("crm", "-remove.csv")
