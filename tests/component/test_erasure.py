"""Erasing people over moto: every place that knows them, killed at each call, with late events and replays after."""

from datetime import UTC, datetime
from typing import Any

import pytest

from functions.carry_out_requests.handler import StepFailedError
from functions.carry_out_requests.handler import handler as carry_out_requests
from functions.carry_out_requests.telling import FIRST_WAIT_SECONDS
from shared.domain.destinations import Destination
from shared.domain.identifiers import Identifier
from shared.domain.purposes import Purpose
from shared.domain.receipts import is_genuine
from shared.domain.retention_duties import RetentionDuty
from shared.domain.suppression import SETTLED
from shared.domain.times import to_text
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.delivery_store import Delivery, DeliveryStore, Status
from shared.stores.group_store import GroupStore
from shared.stores.keys import identifier_hash
from shared.stores.tables import CATALOGUE, LEDGER, PROFILES
from tests.conftest import RECEIPT_KEY, SECRET, Deployment
from tests.erasures import asked, carried_out, erased, naming, receipt, request
from tests.jobs import Minutes, Operator
from tests.lake import build, ids
from tests.pipeline import stored_ids
from tests.privacy import REQUESTS, Officer
from tests.way import Killed, Way

JANE = ("jane", "821012345678", "Seoul of")


@pytest.fixture
def way(aws: Deployment) -> Any:
    made = Way(aws)
    yield made
    made.close()


def seen(message_id: str, event: str = "Seen", **more: Any) -> dict[str, Any]:
    when = {"timestamp": "2026-11-21T09:29:00.000Z"}
    return {"type": "track", "event": event, "messageId": message_id, **when, **more}


def known(message_id: str, user: str, **traits: Any) -> dict[str, Any]:
    return seen(message_id, "", type="identify", userId=user, traits=traits)


def live(way: Way) -> None:
    """Jane, merged from anonymous histories, in a group, once refused; Kim, who once gave Jane's address and belongs to
    her group, and with whom she shared a tablet."""
    refused = {"consent": {"categoryPreferences": {"Advertising": False}}}
    site = Purpose("site", {"en": "Site"}, valid_months=24)  # so that a mark says when a grant of it ends
    CatalogueStore(way.aws.table(CATALOGUE)).put(site)
    granted = {"consent": {"categoryPreferences": {"site": True}}}
    way.collect(
        seen("a1", anonymousId="phone-of-jane", context=refused),
        seen("a2", anonymousId="laptop-of-jane"),
        seen("t1", anonymousId="tablet"),
    )
    way.drain()
    way.collect(
        known("j1", "jane", email="Jane@Example.com", phone="010-1234-5678", city="Seoul of Jane"),
        seen("j2", userId="jane", anonymousId="phone-of-jane", context=granted),
        seen("j3", userId="jane", anonymousId="laptop-of-jane", context={"groupId": "acme"}),
        seen("j4", userId="jane", anonymousId="tablet"),
        seen(
            "j5", "", type="group", userId="jane", groupId="acme", traits={"name": "Acme", "owner": "Jane@Example.com"}
        ),
    )
    way.drain()
    way.collect(
        known("k1", "kim", city="Busan"),
        known("k2", "kim", email="jane@example.com", friend="Jane@example.com"),
        seen("k3", userId="kim", anonymousId="tablet", context={"groupId": "acme"}),
        seen("t2", anonymousId="tablet", timestamp="2026-11-21T09:31:00.000Z"),
    )
    way.collect({"type": "track", "messageId": "q1", "userId": "jane", "properties": {"note": "no name"}})
    way.drain()


def hashes(way: Way) -> list[str]:
    whom = [("user_id", "jane"), ("email", "jane@example.com"), ("phone", "+821012345678")]
    whom += [("anonymous_id", "phone-of-jane"), ("anonymous_id", "laptop-of-jane")]
    return [identifier_hash(SECRET, Identifier(*one)) for one in whom]


def nothing_of_jane(way: Way, jane: str) -> None:
    assert naming(way.aws, *JANE, *hashes(way), jane) == []


def id_of(way: Way, user: str) -> str:
    found = way.person("user_id", user)
    assert found
    return found.id


def test_nothing_is_left_of_an_erased_person_anywhere_and_the_receipt_says_what_was_found(way: Way) -> None:
    live(way)
    jane, kim = id_of(way, "jane"), id_of(way, "kim")
    carried_out(asked(way.aws, ("user_id", "jane"), request_id="r0", kind="access", profile_id=jane))
    hour = to_text(datetime.now(UTC))[:13]
    build(hour)
    assert {"j1", "k1", "k2"} < set(ids(way.aws))
    assert len(naming(way.aws, *JANE)) > 10
    groups = GroupStore(way.aws.table(PROFILES))
    acme = groups.find("acme")
    told = erased(way.aws, ("email", "Jane@Example.com"))
    assert set(ids(way.aws)) == {"k1", "k3", "t2"}
    build(hour)
    assert set(ids(way.aws)) == {"k1", "k3", "t2"}
    audited = {place for place in naming(way.aws, jane) if place.startswith(f"ledger A#{jane}")}
    assert set(naming(way.aws, *JANE, *hashes(way), jane)) == audited
    assert told["left"].keys() == told["found"].keys()
    assert not any(told["left"].values())
    wanted = {"events": 8, "others_events": 1, "quarantine": 1, "contested_devices": 1, "requests": 1, "lake": 9}
    assert {name: told["found"][name] for name in wanted} == wanted
    assert is_genuine(told, RECEIPT_KEY)
    assert not is_genuine({**told, "left": {}}, RECEIPT_KEY)
    assert (request(way.aws).state, request(way.aws).identities) == ("completed", ())
    person = way.person("user_id", "kim")
    assert person
    assert {name: trait.value for name, trait in person.state.traits.items()} == {"city": "Busan"}
    left = groups.find("acme")
    assert left
    assert {name: trait.value for name, trait in left.traits.items()} == {"name": "Acme"}
    assert acme
    assert left.version == acme.version + 1, "who had read it before reads it again"
    operator = Operator(way.aws)
    tablet = way.person("anonymous_id", "tablet")
    assert tablet
    checked = operator.ran("verify", profiles=[f"profile_id:{one}" for one in (kim, tablet.id)])
    assert (checked["counts"], checked["findings"]) == ({"people": 2, "same": 2}, [])


def test_late_and_repeated_events_and_replays_bring_nothing_back(way: Way) -> None:
    live(way)
    jane = id_of(way, "jane")
    before = stored_ids(way.aws)
    erased(way.aws, ("user_id", "jane"))
    way._read.clear()  # everything that ever came, and every record of a stream, once more
    way.collect(
        seen("late1", userId="jane"),
        seen("late2", anonymousId="laptop-of-jane"),
        seen("late3", anonymousId="tablet", timestamp="2026-11-21T09:00:00.000Z"),
        known("late4", "kim", email="jane@example.com"),
    )
    way.drain()
    nothing_of_jane(way, jane)
    assert set(stored_ids(way.aws)) == {"k1", "k2", "k3", "t2", "late4"} <= {*before, "late4"}


def test_killed_again_and_again_and_taken_up_it_ends_the_same(way: Way) -> None:
    live(way)
    jane = id_of(way, "jane")
    asked(way.aws, ("user_id", "jane"))
    calls, died = 0, True
    while died:
        way.killer.left, way.killer.after, died = calls, calls % 2 == 0, False
        try:
            carried_out()
        except Killed:
            died, calls = True, calls + 1
    assert way.killer.kills > 20
    nothing_of_jane(way, jane)
    told = receipt(way.aws)
    assert not any(told["left"].values())
    assert told["found"]["events"] == 8


def test_destinations_are_asked_by_ids_alone_and_their_answers_stand_on_the_receipt(way: Way) -> None:
    live(way)
    catalogue, jane = CatalogueStore(way.aws.table(CATALOGUE)), id_of(way, "jane")
    for name in ("crm", "ads", "mail", "dead"):
        catalogue.put(Destination(name, name, "https://example.com", ("Profile Erased",), "secret"))
    catalogue.put(Destination("old", "old", "https://example.com", ("Traits Changed",), "secret"))
    asked(way.aws, ("user_id", "jane"))
    waited, settled = 0, int(SETTLED.total_seconds())
    while (waits := carry_out_requests({"request_id": "r1", "waited": waited}, Minutes())["wait_seconds"]) == settled:
        assert "suppress" not in request(way.aws).done, "it counts once it has settled"
        assert not carry_out_requests({"request_id": "r1"}, Minutes())["failed"]
        assert "note" not in request(way.aws).done, "who hasn't waited goes on to nothing"
        waited = waits
    assert waits == FIRST_WAIT_SECONDS
    assert request(way.aws).done["progress"]["waits_for"] == ["ads", "crm", "dead", "mail"]
    way.facts()
    way.publish(way.new_changes())
    (told,) = [fact for fact in way.facts() if fact["type"] == "Profile Erased"]
    assert told["data"]["profile_id"] == jane
    assert len(told["data"]["merged_profile_ids"]) == 3
    answers: list[tuple[str, Status, int]] = [
        ("crm", "delivered", 204),
        ("ads", "delivered", 202),
        ("dead", "refused", 410),
    ]
    for name, status, code in answers:
        delivery = Delivery(name, told["metadata"]["id"], status, 1, jane, "Profile Erased", None, code)
        DeliveryStore(way.aws.table(LEDGER)).put(delivery, datetime.now(UTC))
    carried_out()
    assert {name: answer["outcome"] for name, answer in receipt(way.aws)["destinations"].items()} == {
        "crm": "done",
        "ads": "asked",
        "mail": "asked",
        "dead": "failed",
        "old": "unsupported",
    }
    assert receipt(way.aws)["destinations"]["mail"]["reason"] == "no_answer"


def test_a_person_whom_somebody_else_holds_is_erased_once_they_let_go(way: Way) -> None:
    live(way)
    operator, jane = Operator(way.aws), id_of(way, "jane")
    assert operator.ask("POST", f"/v1/profiles/profile_id:{jane}/freeze")[0] == 200
    asked(way.aws, ("user_id", "jane"))
    with pytest.raises(StepFailedError, match="frozen by"):
        carried_out()
    gave_up = carry_out_requests({"request_id": "r1", "gave_up": True}, Minutes())
    assert (gave_up["failed"], request(way.aws).state) == (True, "failed")
    assert request(way.aws).reason.startswith("find: frozen by operations")
    assert operator.ask("POST", f"/v1/profiles/profile_id:{jane}/unfreeze")[0] == 200
    carried_out()
    assert {place.split("#")[0] for place in naming(way.aws, *JANE, *hashes(way), jane)} == {"ledger A", "ledger audit"}


def test_somebody_nobody_knows_is_suppressed_and_nothing_was_found(way: Way) -> None:
    live(way)
    told = erased(way.aws, ("email", "stranger@example.com"), ("anonymous_id", "tablet"))
    assert not any(told["found"].values())
    assert told["suppressed"] == {"identifiers": 1, "contested": 0}
    way.collect(seen("s1", userId="x", context={"traits": {"email": "stranger@example.com"}}))
    way.drain()
    assert naming(way.aws, "stranger") == []
    assert id_of(way, "jane")


def test_what_a_law_obliges_to_keep_lies_apart_until_its_day(way: Way) -> None:
    live(way)
    CatalogueStore(way.aws.table(CATALOGUE)).put(RetentionDuty("orders", "Orders", ("Order Completed",), 1826, "a law"))
    way.collect(seen("o1", "Order Completed", userId="jane"), seen("o2", "Order Completed", userId="kim"))
    way.drain()
    jane = id_of(way, "jane")
    request_id = "01KAK3J8V2N5Q0T4W6Y8Z1B3D5"
    told = erased(way.aws, ("user_id", "jane"), request_id=request_id)
    officer = Officer(way.aws)
    assert officer.get(f"{REQUESTS}/{request_id}/receipt") == told
    assert officer.ask("GET", f"{REQUESTS}/01KAK3J8V2N5Q0T4W6Y8Z1B3D6/receipt")[0] == 404
    ends = int(datetime(2031, 11, 21, 9, 29, tzinfo=UTC).timestamp())
    assert told["kept_by_law"] == {"orders": {"events": 1, "basis": "a law", "until": ends}}
    (kept,) = naming(way.aws, *JANE, *hashes(way), jane)
    assert kept.startswith("kept K#orders A#")
