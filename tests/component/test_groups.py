"""Groups from the real handler of stitch_identities to the Read API, over moto."""

from typing import Any

import boto3
import pytest

from shared.stores.tables import PROFILES
from tests.component.stitching import a_warm_function, queued, stitched, stored, waiting, who
from tests.component.test_read_profiles import a_cold_function, ask, give_token
from tests.conftest import Deployment
from tests.faults import Failing, client_error
from tests.people import SECRET, make_event

__all__ = ["a_cold_function", "a_warm_function"]
pytestmark = pytest.mark.usefixtures("a_warm_function", "a_cold_function")

ACME = {"type": "group", "groupId": "acme/서울"}
CALL = make_event(
    {
        "type": "group",
        "userId": "u1",
        "groupId": "acme/서울",
        "traits": {"name": "Acme", "plan": "pro", "ceo": "a@b.com"},
    },
    1,
)
RENAMED = make_event({"type": "group", "userId": "u2", "groupId": "acme/서울", "traits": {"name": "Acme Inc"}}, 3)
LATE = make_event({"type": "group", "userId": "u2", "groupId": "acme/서울", "traits": {"name": "Acne"}}, 2)
CLICK = make_event({"event": "Seen", "anonymousId": "a1", "context": {"groupId": "acme/서울"}}, 4)


@pytest.fixture(autouse=True)
def one_key(aws: Deployment) -> None:
    boto3.client("secretsmanager").put_secret_value(SecretId="jogakbo-test-identifier-key", SecretString=SECRET)


def group(query: dict[str, str] | None = None, token: str | None = None) -> dict[str, Any]:
    status, body = ask("/v1/groups/acme%2F서울", query=query, **({"token": token} if token else {}))
    assert status == 200
    return body


def items(aws: Deployment) -> list[Any]:
    found = boto3.client("dynamodb").scan(TableName=aws.table(PROFILES))["Items"]
    return sorted((i for i in found if i["pk"]["S"].startswith("G#")), key=lambda i: i["sk"]["S"])


def test_a_group_has_the_newest_traits_and_all_who_name_it_and_merges_nobody(aws: Deployment) -> None:
    for event in (CALL, RENAMED, LATE, CLICK):
        assert stitched(*stored(aws, event)) == []
    told = group()
    assert {name: trait["value"] for name, trait in told["traits"].items()} == {
        "name": "Acme Inc",
        "plan": "pro",
        "ceo": "a@b.com",
    }
    people = {who("user_id", "u1").id, who("user_id", "u2").id, who("anonymous_id", "a1").id}
    assert len(people) == 3
    assert {member["profile_id"] for member in told["members"]} == people
    assert told["next_cursor"] is None


def test_repeats_in_any_order_change_nothing_and_write_nothing(aws: Deployment) -> None:
    records = stored(aws, CALL, RENAMED, LATE, CLICK)
    stitched(*records)
    before = items(aws)
    assert len(before) == 4
    for record in reversed(records):
        stitched(record)
    assert items(aws) == before
    assert next(item["version"]["N"] for item in before if item["sk"]["S"] == "G") == "1"


def test_a_member_is_told_as_who_they_are_now_once(aws: Deployment) -> None:
    stitched(*stored(aws, CALL, CLICK))
    stitched(*stored(aws, make_event({"event": "Signed In", "userId": "u1", "anonymousId": "a1"}, 5)))
    assert group()["members"] == [{"profile_id": who("user_id", "u1").id, "since": CALL.time}]


def test_members_come_by_page(aws: Deployment) -> None:
    stitched(*stored(aws, CALL, RENAMED, CLICK))
    found, cursor = [], None
    for _ in range(2):
        page = group({"limit": "2"} | ({"cursor": cursor} if cursor else {}))
        found += page["members"]
        cursor = page["next_cursor"]
    assert (len({member["profile_id"] for member in found}), cursor) == (3, None)


def test_without_the_scope_addresses_are_masked_and_a_companys_name_is_not(aws: Deployment) -> None:
    stitched(*stored(aws, CALL))
    give_token(aws, "jgb_masked", ("profiles:read",))
    traits = group(token="jgb_masked")["traits"]
    assert (traits["name"]["value"], traits["ceo"]["value"]) == ("Acme", "a***@b***.com")


def test_a_group_that_others_keep_changing_has_its_event_wait_in_the_retry_queue(
    aws: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = Failing(boto3.client("dynamodb"), "put_item", client_error("ConditionalCheckFailedException"), times=5)
    monkeypatch.setattr("shared.stores.group_store.dynamodb", lambda: failing)
    assert stitched(*stored(aws, CALL)) == []
    (parked,) = waiting(aws)
    assert who("user_id", "u1").state.event_count == 1
    assert queued(parked) == []
    assert who("user_id", "u1").state.event_count == 1
    assert len(group()["members"]) == 1


def test_a_group_that_nobody_names_is_not_found() -> None:
    for group_id in ("nobody", "null"):
        status, body = ask(f"/v1/groups/{group_id}")
        assert (status, body["code"]) == (404, "group_not_found")
