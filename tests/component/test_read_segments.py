"""The Read API on segments: whether somebody is in one, why, and what is hidden of it."""

import json
from pathlib import Path

import duckdb
import pytest

from shared.domain.api_tokens import ApiToken
from shared.domain.purposes import Purpose
from shared.domain.segments.definition import Group, OfEvents, OfIdentifier, OfTrait, Segment
from shared.domain.times import to_text
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.tables import CATALOGUE
from tests import segments
from tests.component.stitched import stitch_into
from tests.component.test_read_profiles import a_cold_function, ask, give_token
from tests.conftest import Deployment
from tests.jobs import on_the_command_line, run
from tests.lake import snapshot
from tests.people import NOW, make_event

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


def test_members_come_by_page_and_as_a_file_and_their_number_by_day(
    aws: Deployment, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    segments.declare(aws)
    orders = [make_event({"event": "Order Completed", "userId": f"u{n}"}, days=n) for n in range(3)]
    bought = {stitch_into(aws, order) for order in orders}
    stitch_into(aws, make_event({"event": "Product Viewed", "userId": "v"}, days=1))
    path = "/v1/segments/bought_once/members"
    found, cursor, pages = [], None, 0
    while pages == 0 or cursor:
        status, page = ask(path, query={"limit": "2", **({"cursor": cursor} if cursor else {})})
        assert status == 200, page
        found += page["members"]
        cursor, pages = page["next_cursor"], pages + 1
    assert ({one["profile_id"] for one in found}, len(found), pages) == (bought, 3, 2)
    assert {(one["arm"], one["since"]) for one in found} == {("", to_text(NOW))}
    assert ask("/v1/segments/nothing/members")[1]["code"] == "segment_not_found"

    assert ask("/v1/segments/bought_once/sizes")[1]["sizes"] == []
    snapshot()
    (size,) = ask("/v1/segments/bought_once/sizes")[1]["sizes"]
    assert (size["members"], size["day"]) == (3, size["at"][:10])

    on_the_command_line(aws, monkeypatch)
    for name, read in (("m.csv", duckdb.read_csv), ("m.parquet", duckdb.read_parquet)):
        told = run("segment", "members", "bought_once", "--export", str(tmp_path / name)).output
        assert "Wrote 3 members" in told
        assert {row[0] for row in read(str(tmp_path / name)).fetchall()} == bought
    assert "profile_id,since,arm" in run("segment", "members", "bought_once", "--limit", "1").output
    whole = (tmp_path / "m.csv").read_text()
    assert "segment_not_found" in run("segment", "members", "nothing", "--export", str(tmp_path / "m.csv")).output
    assert (tmp_path / "m.csv").read_text() == whole
    for name in ("m.csv", "m.parquet"):
        refused = run("segment", "members", "bought_once", "--export", str(tmp_path / "no" / name))
        assert (refused.exit_code, "can't be written" in refused.output) == (1, True)
    assert "3" in run("segment", "sizes", "bought_once").output
    assert [file.name for file in tmp_path.glob("*.partial")] == []
