"""The Read API on segments: whether somebody is in one, why, and what is hidden of it."""

import json

from shared.domain.catalogue import ApiToken
from shared.domain.purposes import Purpose
from shared.domain.segments.definition import Group, OfEvents, OfIdentifier, OfTrait, Segment
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.tables import CATALOGUE
from tests import segments
from tests.component.stitched import stitch_into
from tests.component.test_read_profiles import a_cold_function, ask, give_token
from tests.conftest import Deployment
from tests.people import make_event

__all__ = ["a_cold_function"]

MASKED, BOUND = "jgb_without-pii", "jgb_bound"
NAMED = OfTrait("address.street", "text", "eq", "Sejong-daero 1")
WHERE = Group("and", (OfEvents("Order Completed"), NAMED, OfIdentifier("phone"), OfTrait("plan", "text", "eq", "pro")))
CUSTOMERS = Segment("customers", "Customers", WHERE, state="live")
TRAITS = {"email": "jane@example.com", "address": {"street": "Sejong-daero 1"}, "plan": "basic"}


def test_why_tells_each_condition_as_far_as_the_token_may_see(aws: Deployment) -> None:
    catalogue = CatalogueStore(aws.table(CATALOGUE))
    segments.declare(aws)
    catalogue.put(CUSTOMERS)
    catalogue.put(Purpose("offers", {"en": "Offers"}, traits=("plan",)))
    give_token(aws, MASKED, ("profiles:read",))
    bound = ApiToken("bound", ("profiles:read", "profiles:pii"), "2099-01-01T00:00:00.000Z", purposes=("else",))
    catalogue.put_api_token(BOUND, bound)
    stitch_into(
        aws,
        make_event({"type": "identify", "userId": "a/b", "traits": TRAITS}, days=1),
        make_event({"event": "Order Completed", "userId": "a/b"}, days=2),
    )
    _, member = ask("/v1/profiles/user_id:a/b/segments/bought_once")
    assert (member["member"], member["state"], member["why"]["truth"], member["why"]["value"]) == (
        True,
        "live",
        True,
        1,
    )
    assert member["since"]
    status, found = ask("/v1/profiles/user_id:a%2Fb/segments/customers")
    assert (status, found["member"], found["why"]["truth"], found["since"]) == (200, False, False, "")
    told = [(one["truth"], one["value"]) for one in found["why"]["of"]]
    assert told == [(True, 1), (True, "Sejong-daero 1"), (False, False), (False, "basic")]
    assert found["why"]["of"][3]["changed_by"] == "plan would have to be pro"

    masked = json.dumps(ask("/v1/profiles/user_id:a/b/segments/customers", token=MASKED)[1], ensure_ascii=False)
    assert "Sejong" not in masked
    assert "basic" in masked
    hidden = ask("/v1/profiles/user_id:a/b/segments/customers", token=BOUND)[1]["why"]["of"][3]
    assert (hidden["truth"], hidden["unknown"], hidden["value"], hidden["changed_by"]) == (None, "hidden", None, "")
    assert ask("/v1/profiles/user_id:a/b/segments/nothing")[1]["code"] == "segment_not_found"
