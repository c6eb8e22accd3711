"""Operations on people through the deployed stack: taken apart, verified, mended, frozen and undone."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from local.outputs import Outputs
from shared.aws.dynamo import to_python
from shared.domain.times import to_text
from shared.stores.keys import PROFILE
from shared.stores.profile_items import plain
from tests.e2e.people import api, aws, eventually, fresh, has, profile, read, send, track

pytestmark = pytest.mark.e2e
AT_ONCE = 1_000


def seen(cloud: Outputs, event: str, **ids: str) -> None:
    send(cloud, {"batch": [{"type": "track", "event": event, "messageId": fresh("m"), **ids}]})


def ended(cloud: Outputs, job: Mapping[str, Any]) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        found = api(cloud).get(f"/v1/jobs/{job['id']}")
        return None if found["state"] in ("queued", "running") else found

    found = eventually(look, f"the end of the {job['kind']} {job['id']}")
    assert found["state"] == "done", found
    return found


def ran(cloud: Outputs, kind: str, *identifiers: str) -> dict[str, Any]:
    return ended(cloud, api(cloud).post("/v1/jobs", {"kind": kind, "profiles": list(identifiers), "rate": AT_ONCE}))


def names(person: Mapping[str, Any]) -> set[str]:
    return {one["value"] for one in person["identifiers"]}


def spoil_one_byte(cloud: Outputs, profile_id: str, byte: str, by: str) -> None:
    where = {"TableName": cloud.tables["profiles"], "Key": {"pk": {"S": f"P#{profile_id}"}, "sk": {"S": PROFILE}}}
    state = plain(to_python(aws(cloud, "dynamodb").get_item(**where)["Item"]))["state"]
    assert byte in state
    aws(cloud, "dynamodb").update_item(
        **where,
        UpdateExpression="SET #state = :text",
        ExpressionAttributeNames={"#state": "state"},
        ExpressionAttributeValues={":text": {"S": state.replace(byte, by, 1)}},
    )


def test_a_person_and_a_shared_tablet_come_apart_stay_apart_and_can_be_verified_and_mended(cloud: Outputs) -> None:
    user, tablet = fresh("joe"), fresh("tablet")
    person, device = f"user_id:{user}", f"anonymous_id:{tablet}"
    seen(cloud, "Browsed", anonymousId=tablet)
    has(cloud, device, Browsed=1)
    seen(cloud, "Signed In", anonymousId=tablet, userId=user)
    whole = has(cloud, person, Browsed=1, Signed_In=1)

    path, leaving = f"/v1/profiles/profile_id:{whole['profile_id']}/split", {"identifiers": [device]}
    preview = api(cloud).post(path, {**leaving, "preview": True})
    assert [(side["identifiers"], side["events"]) for side in preview["sides"]] == [([person], 1), ([device], 1)]
    assert profile(cloud, person) == whole
    ended(cloud, api(cloud).post(path, leaving)["job"])
    stays, left = has(cloud, person, Signed_In=1), has(cloud, device, Browsed=1)
    assert (names(stays), names(left)) == ({user}, {tablet})
    assert stays["profile_id"] == whole["profile_id"] != left["profile_id"]
    assert ran(cloud, "verify", person, device)["counts"] == {"people": 2, "same": 2}

    seen(cloud, "Signed In", anonymousId=tablet, userId=user)
    assert names(has(cloud, person, Signed_In=2)) == {user}
    why = read(cloud, f"/v1/profiles/{person}/why").json()
    assert [d["reason"].split(":")[0] for d in why["decisions"] if d["kind"] == "demoted"] == ["cannot_link"]

    spoil_one_byte(cloud, left["profile_id"], "Browsed", "Growsed")
    found = ran(cloud, "verify", person, device)
    assert {finding["profile_id"] for finding in found["findings"]} == {left["profile_id"]}
    assert found["counts"] == {"people": 2, "same": 1, "differ": 1}
    assert ran(cloud, "rebuild", person, device)["counts"] == {"people": 2, "same": 1, "written": 1}
    assert ran(cloud, "verify", person, device)["counts"] == {"people": 2, "same": 2}
    has(cloud, device, Browsed=1)


def test_events_of_a_frozen_person_are_stored_and_wait(cloud: Outputs) -> None:
    user = fresh("jane")
    person = f"user_id:{user}"
    seen(cloud, "Seen", userId=user)
    profile_id = has(cloud, person, Seen=1)["profile_id"]
    assert api(cloud).post(f"/v1/profiles/profile_id:{profile_id}/freeze")["frozen"]
    before = profile(cloud, person)

    def waiting() -> int:
        name, queue = "ApproximateNumberOfMessagesDelayed", cloud.queues["stitch_retries"]
        found = aws(cloud, "sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=[name])
        return int(found["Attributes"][name])

    already = waiting()
    seen(cloud, "Seen", userId=user)
    eventually(lambda: waiting() > already, "an event that waits")
    assert len(read(cloud, f"/v1/profiles/{person}/events").json()["events"]) == 2
    assert profile(cloud, person) == before
    assert not api(cloud).post(f"/v1/profiles/profile_id:{profile_id}/unfreeze")["frozen"]


def test_whom_a_guest_login_made_one_person_are_as_many_again_after_an_undo(cloud: Outputs) -> None:
    visitors, guest = [fresh("visitor") for _ in range(3)], fresh("guest")
    since = to_text(datetime.now(UTC))
    for visitor in visitors:
        seen(cloud, "Browsed", anonymousId=visitor)
        has(cloud, f"anonymous_id:{visitor}", Browsed=1)
    for number, visitor in enumerate(visitors, start=1):
        send(cloud, track(guest, "Signed In", fresh("m"), anonymousId=visitor), "/v1/track")
        one = has(cloud, f"user_id:{guest}", Browsed=number, Signed_In=number)
    assert names(one) == {guest, *visitors}

    asked = {"through": f"user_id:{guest}", "since": since, "rate": AT_ONCE}
    preview = api(cloud).post("/v1/undo", {**asked, "preview": True})
    assert (preview["merges"], preview["people"]) == (2, 1)
    ended(cloud, api(cloud).post("/v1/undo", asked)["job"])
    people = [has(cloud, f"anonymous_id:{visitor}", Browsed=1) for visitor in visitors]
    assert [names(one) for one in people] == [{visitor} for visitor in visitors]
    assert names(has(cloud, f"user_id:{guest}", Signed_In=3)) == {guest}
