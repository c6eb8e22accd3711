"""Erasing somebody who was split from others, whom an event is about to merge, or whom a backup froze half way."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from functions.carry_out_requests.handler import handler as carry_out_requests
from functions.carry_out_requests.quarantined import says
from shared.aws.dynamo import delete_items
from shared.domain.erasures import NOBODY
from shared.domain.identifiers import NAMING, Identifier
from shared.domain.suppression import SETTLED
from shared.domain.times import to_text
from shared.stores.export_store import ExportStore
from shared.stores.keys import identifier_hash
from shared.stores.tables import EVENTS, LEDGER, PRIVACY, PROFILES
from tests.conftest import SECRET, Deployment
from tests.erasures import asked, carried_out, erased, naming, request, shared_tablet
from tests.jobs import Minutes, Operator, carry_on
from tests.pipeline import track
from tests.privacy import stopper
from tests.way import Killed, Way


@pytest.fixture
def way(aws: Deployment) -> Any:
    made = Way(aws)
    yield made
    made.close()


def hash_of(namespace: str, value: str) -> str:
    return identifier_hash(SECRET, Identifier(namespace, value))


def id_of(way: Way, namespace: str, value: str) -> str:
    found = way.person(namespace, value)
    assert found
    return found.id


@pytest.mark.parametrize(("are_strangers", "most_inside"), [(True, 48), (True, 0), (False, 48), (False, 0)])
@pytest.mark.parametrize(("gone", "stays"), [("jane", "tablet"), ("tablet", "jane")])
def test_who_was_split_from_an_erased_person_stays_whole_and_says_nothing_of_them(
    monkeypatch: pytest.MonkeyPatch, way: Way, gone: str, stays: str, are_strangers: bool, most_inside: int
) -> None:
    """Also where what they remember lies in buckets."""
    monkeypatch.setattr("shared.domain.profiles.MOST_INSIDE", most_inside)
    if are_strangers:
        way.collect(track("t1", userId=None, anonymousId="tablet"), track("j0", userId="jane"))
        way.drain()
    way.collect(track("j1", userId="jane", anonymousId="tablet"))
    way.drain()
    way.collect(track("t2", userId=None, anonymousId="tablet"), track("j2", userId="jane"))
    way.drain()
    operator = Operator(way.aws)
    leaving = {"identifiers": ["anonymous_id:tablet"]}
    assert operator.ask("POST", "/v1/profiles/user_id:jane/split", leaving)[0] == 202
    carry_on(way.aws)
    way.drain()
    whom = {"jane": ("user_id", "jane"), "tablet": ("anonymous_id", "tablet")}
    ids = {name: id_of(way, *one) for name, one in whom.items()}
    assert ids["jane"] != ids["tablet"]
    erased(way.aws, whom[gone])
    audit = f"ledger A#{ids[gone]}", f"ledger audit#profile#{ids[gone]}"
    left = naming(way.aws, hash_of(*whom[gone]), ids[gone])
    assert [place for place in left if not place.startswith(audit)] == []
    assert id_of(way, *whom[stays]) == ids[stays]
    assert operator.ran("verify", profiles=[f"profile_id:{ids[stays]}"])["counts"] == {"people": 1, "same": 1}


def test_an_event_that_would_merge_them_waits_while_they_are_erased_and_then_finds_nobody(way: Way) -> None:
    way.collect(track("j1", userId="jane"), track("p1", userId=None, anonymousId="phone-of-jane"))
    way.drain()
    asked(way.aws, ("user_id", "jane"))
    assert carry_out_requests({"request_id": "r1"}, Minutes(1))["again"], "there was time to freeze, and no more"
    assert request(way.aws).done.keys() == {"find"}
    way.collect(track("j2", userId="jane", anonymousId="phone-of-jane"))
    way.store(way.new_kinesis())
    way.stitch(way.new_inserts())
    phone = id_of(way, "anonymous_id", "phone-of-jane")
    assert phone != id_of(way, "user_id", "jane")
    carried_out()
    way.drain()
    assert way.person("user_id", "jane") is None
    assert id_of(way, "anonymous_id", "phone-of-jane") == phone
    assert naming(way.aws, '"jane"', hash_of("user_id", "jane")) == []


@pytest.mark.parametrize("is_known", [True, False])
def test_who_was_backed_up_while_being_erased_is_erased_by_another_request(way: Way, is_known: bool) -> None:
    way.collect(track("j1", userId="jane"))
    way.drain()
    asked(way.aws, ("user_id", "jane"))
    carry_out_requests({"request_id": "r1"}, Minutes(1))
    tables = [way.aws.table(table) for table in (EVENTS, PROFILES, LEDGER)]
    backup = {table: boto3.client("dynamodb").scan(TableName=table)["Items"] for table in tables}
    carried_out()
    for table, kept in backup.items():
        for item in kept:
            boto3.client("dynamodb").put_item(TableName=table, Item=item)
    if not is_known:
        delete_items(way.aws.table(PRIVACY), [("requests", "r1")])
    assert way.person("user_id", "jane")
    told = erased(way.aws, ("user_id", "jane"), request_id="r2")
    assert told["found"]["events"] == 1
    assert naming(way.aws, '"jane"', hash_of("user_id", "jane")) == []


def test_what_a_worker_stores_that_had_looked_before_the_suppression_is_erased_too(way: Way) -> None:
    way.collect(track("j1", userId="jane"))
    way.drain()
    asked(way.aws, ("user_id", "jane"))
    answer = carry_out_requests({"request_id": "r1"}, Minutes())
    assert (answer["again"], answer["wait_seconds"]) == (True, SETTLED.total_seconds())
    dynamodb, table = boto3.client("dynamodb"), way.aws.table(EVENTS)
    (late,) = dynamodb.scan(TableName=table)["Items"]
    dynamodb.put_item(TableName=table, Item={**late, "sk": {"S": "2026-11-21T09:30:00.000Z#late"}})
    carried_out()
    way.drain()
    assert naming(way.aws, '"jane"', hash_of("user_id", "jane")) == []
    assert way.person("user_id", "jane") is None


def test_two_who_name_each_other_are_erased_at_once_and_neither_waits_for_the_other(way: Way) -> None:
    shared_tablet(way)
    for request_id, user in (("r1", "jane"), ("r2", "kim")):
        asked(way.aws, ("user_id", user), request_id=request_id)
        carry_out_requests({"request_id": request_id}, Minutes(1))
    carried_out("r1")
    carried_out("r2")
    assert [request(way.aws, one).state for one in ("r1", "r2")] == ["completed", "completed"]
    assert naming(way.aws, "jane", "kim") == []


def test_nothing_of_an_erased_person_stays_with_one_whose_processing_is_stopped(way: Way) -> None:
    shared_tablet(way)
    stopper(way.aws).stop(id_of(way, "user_id", "kim"), "request r0")
    said = [place for place in naming(way.aws, '"friend":"jane@x.example"') if place.startswith("events")]
    assert [place.rpartition("#")[2] for place in said] == ["k3"], "what is packed is looked into"
    erased(way.aws, ("user_id", "jane"))
    kim = way.person("user_id", "kim")
    assert kim
    assert (kim.stopped, kim.state.traits) == ("request r0", {})
    assert naming(way.aws, "jane") == []
    stopper(way.aws).resume(kim.id)
    resumed = way.person("user_id", "kim")
    assert resumed
    assert {name: trait.value for name, trait in resumed.state.traits.items()} == {"email": "kim@x.example"}


def test_identities_that_came_to_name_two_people_erase_neither(way: Way) -> None:
    way.collect(track("j1", userId="jane"), track("k1", userId="kim"))
    way.drain()
    carried_out(asked(way.aws, ("user_id", "jane"), ("user_id", "kim")))
    assert (request(way.aws).state, request(way.aws).reason) == ("failed", "several_people")
    people = [way.person("user_id", "jane"), way.person("user_id", "kim")]
    assert [person and person.frozen for person in people] == ["", ""]
    assert request(way.aws).can_be_cancelled, "a better one can be made"


def test_who_was_frozen_before_an_identity_became_somebody_elses_goes_on(way: Way) -> None:
    way.collect(track("j1", userId="jane"))
    way.drain()
    asked(way.aws, ("user_id", "jane"), ("email", "kim@x.example"))
    way.killer.left = 14
    with pytest.raises(Killed):
        carry_out_requests({"request_id": "r1"}, Minutes(1))
    jane = way.person("user_id", "jane")
    assert (jane and jane.frozen) == "erasure r1"
    way.collect(track("k1", type="identify", userId="kim", traits={"email": "kim@x.example"}))
    way.drain()
    carried_out()
    jane = way.person("user_id", "jane")
    assert (request(way.aws).reason, jane and jane.frozen) == ("several_people", "")


def test_an_export_goes_with_its_person_whoever_was_known_when_it_was_asked(way: Way) -> None:
    exports = ExportStore(way.aws.bucket, way.aws.table(PRIVACY))
    asked(way.aws, ("user_id", "jane"), request_id="r0", kind="access")
    way.collect(track("j1", userId="jane"))
    way.drain()
    carried_out("r0")
    assert exports.names("r0")
    erased(way.aws, ("user_id", "jane"))
    assert exports.names("r0") == []


def test_an_export_that_was_being_made_while_its_person_was_erased_is_taken_away(way: Way, tmp_path: Path) -> None:
    way.collect(track("j1", userId="jane"))
    way.drain()
    asked(way.aws, ("user_id", "jane"), request_id="r0", kind="access", profile_id=id_of(way, "user_id", "jane"))
    erased(way.aws, ("user_id", "jane"))
    assert request(way.aws, "r0").state == "cancelled"
    exports = ExportStore(way.aws.bucket, way.aws.table(PRIVACY))
    (tmp_path / "export.json").write_text("jane")
    exports.put("r0", [tmp_path / "export.json"])  # by who had begun before
    carried_out("r0")
    assert exports.names("r0") == []


def test_what_is_begun_cant_be_cancelled_so_nobody_stays_frozen(way: Way) -> None:
    way.collect(track("j1", userId="jane"))
    way.drain()
    asked(way.aws, ("user_id", "jane"))
    way.killer.left = 12
    with pytest.raises(Killed):
        carry_out_requests({"request_id": "r1"}, Minutes(1))
    assert not request(way.aws).can_be_cancelled


def test_strangers_on_devices_that_erased_people_had_at_last_are_strangers_to_each_other(way: Way) -> None:
    operator = Operator(way.aws)
    for device, first, second in (("tablet", "jane", "kim"), ("kiosk", "bob", "eve")):
        for message_id, user, time in (("1", first, "09:00"), ("2", second, "09:10"), ("3", None, "09:20")):
            when = f"2026-11-21T{time}:00.000Z"
            way.collect(track(f"{device}{message_id}", userId=user, anonymousId=device, timestamp=when))
            way.drain()
        apart = id_of(way, "anonymous_id", device)
        merged = operator.ask(
            "POST", f"/v1/profiles/profile_id:{apart}/merge", {"with": f"user_id:{first}", "reason": "x"}
        )
        assert merged[0] == 200
        erased(way.aws, ("user_id", first), request_id=first)
    later = to_text(datetime.now(UTC) + timedelta(minutes=1))
    way.collect(*(track(f"n{one}", userId=None, anonymousId=one, timestamp=later) for one in ("tablet", "kiosk")))
    way.drain()
    strangers = {id_of(way, "anonymous_id", device) for device in ("tablet", "kiosk")}
    assert len(strangers - {NOBODY}) == 2
    assert operator.ran("verify", all=True)["counts"] == {"pages": 4, "people": 4, "same": 4}


def test_a_short_id_is_looked_for_in_broken_text_as_a_word_of_its_own() -> None:
    jane = [Identifier("user_id", "j1"), Identifier("email", "jane@x.example")]
    broken = (b'{"userId": "J1", "a', b'{"email": "Jane@x.example', b'{"userId": "obj12", "anonymousId": "xj1')
    assert [says(one, jane, NAMING) for one in broken] == [True, True, False]
