"""A merged person is erased through the deployed stack: nowhere is anything of them but where the receipt says."""

import json
from typing import Any

import pytest

from local.outputs import Outputs
from local.traces import stores_of
from tests.component.receiver import receiving, status
from tests.e2e.people import api, eventually, fresh, has, profile, send, track
from tests.e2e.test_what_is_logged import logged

pytestmark = pytest.mark.e2e
REQUESTS = "/v1/privacy/requests"


class Shop:
    """Jane with two devices, and Kim, who once gave Jane's address and sits at the tablet that Jane used."""

    def __init__(self, cloud: Outputs) -> None:
        self.cloud = cloud
        self.jane, self.kim, self.phone, self.tablet = map(fresh, ("jane", "kim", "phone", "tablet"))
        self.email, self.city, self.event = f"{self.jane}@example.com", fresh("Seoul"), fresh("Seen")

    @property
    def of_jane(self) -> tuple[str, ...]:
        return (self.jane, self.phone, self.email, self.city)

    def by_jane(self) -> list[dict[str, Any]]:
        traits = {"email": self.email, "city": self.city}
        return [
            self.seen("1", anonymousId=self.phone),
            {"type": "identify", "userId": self.jane, "messageId": f"{self.jane}-2", "traits": traits},
            self.seen("3", userId=self.jane, anonymousId=self.phone, context={"groupId": "acme"}),
            self.seen("4", userId=self.jane, anonymousId=self.tablet),
            {"type": "track", "userId": self.jane, "messageId": f"{self.jane}-5"},
        ]

    def by_kim(self) -> list[dict[str, Any]]:
        told = {"context": {"traits": {"email": self.email.upper()}}}
        return [
            dict(track(self.kim, self.event, f"{self.kim}-1")),
            dict(track(self.kim, self.event, f"{self.kim}-2", **told)),
            dict(track(self.kim, self.event, f"{self.kim}-3", anonymousId=self.tablet)),
        ]

    def seen(self, number: str, **who: Any) -> dict[str, Any]:
        return {"type": "track", "event": self.event, "messageId": f"{self.jane}-{number}", **who}

    def sends(self, events: list[dict[str, Any]]) -> None:
        for event in events:
            assert send(self.cloud, {"batch": [event]}).status_code == 200


def test_an_erased_person_is_nowhere_but_where_the_receipt_says_and_nothing_brings_them_back(cloud: Outputs) -> None:
    shop = Shop(cloud)
    with receiving() as partner:
        partner.replies += [status(410)]
        name = fresh("partner")
        about = {"name": name, "url": partner.url, "detail_types": ["Profile Erased"]}
        api(cloud).put(f"/v1/destinations/{name}", about)  # first: deliver knows of it after five seconds
        shop.sends(shop.by_jane())
        has(cloud, f"user_id:{shop.jane}", **{shop.event: 3})
        shop.sends(shop.by_kim())
        has(cloud, f"user_id:{shop.kim}", **{shop.event: 3})
        assert len(places(cloud, shop)) > 10
        made = api(cloud).post(
            REQUESTS, {"kind": "erasure", "identities": [f"email:{shop.email}"], "regulation": "gdpr"}
        )
        api(cloud).post(f"{REQUESTS}/{made['id']}/verify", {"result": "verified", "method": "phone_call"})
        ended = eventually(lambda: over(cloud, made["id"]), "the end of the erasure")
    assert ended["state"] == "completed", ended["reason"]
    assert places(cloud, shop) == []
    assert [value for value in shop.of_jane if value in logged(cloud)] == []
    receipt = api(cloud).get(f"{REQUESTS}/{made['id']}/receipt")
    assert (receipt["found"]["events"], receipt["found"]["others_events"], receipt["found"]["quarantine"]) == (4, 1, 1)
    assert not any(receipt["left"].values())
    assert receipt["destinations"][name]["outcome"] == "failed"
    assert [json.loads(one.body)["data"].keys() & {"identifiers", "traits"} for one in partner.received] == [set()]

    shop.sends(shop.by_jane() + shop.by_kim())
    shop.sends([dict(track(shop.kim, shop.event, fresh("m")))])
    has(cloud, f"user_id:{shop.kim}", **{shop.event: 4})
    assert places(cloud, shop) == []
    assert profile(cloud, f"user_id:{shop.jane}") is None


def over(cloud: Outputs, request_id: str) -> dict[str, Any] | None:
    found = api(cloud).get(f"{REQUESTS}/{request_id}")
    return found if found["state"] in ("completed", "failed") else None


def places(cloud: Outputs, shop: Shop) -> list[str]:
    """Where something says something of Jane that no receipt names."""
    return stores_of(cloud).left(*shop.of_jane)
