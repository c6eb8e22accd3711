"""The real handler of deliver and partners' buses: pseudonyms, consent, sessions, what a bus answers."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import Mock

import boto3
import pytest

from functions.deliver import handler
from functions.deliver.backoff import MOST_RECEIVES
from shared.aws import partner_buses
from shared.contracts.partners import PARTNER_DETAILS
from shared.contracts.queues import Errand, Farewell
from shared.domain.destinations import Destination, PartnerSettings
from shared.domain.partners import ENDED, NEEDED, pseudonym
from shared.domain.purposes import Purpose
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.delivery_store import DeliveryStore
from shared.stores.tables import CATALOGUE, LEDGER
from tests.component import test_deliver
from tests.component.stitched import stitch_into
from tests.component.test_deliver import deliver, entry, message, person
from tests.conftest import Deployment
from tests.people import make_event
from tests.privacy import stopper

a_cold_function = test_deliver.a_cold_function
hidden = test_deliver.hidden
ROLE = "arn:aws:iam::123456789012:role/jogakbo-test-partners"
BUS = "arn:aws:events:ap-northeast-2:222222222222:event-bus/jogakbo"
KEY = test_deliver.SECRET.encode()
TYPES = ("Segment Entered", "Consent Changed", *NEEDED)


@dataclass
class Bus:
    """Stands for EventBridge in other accounts: no emulator in process knows them. `answers` are codes of errors."""

    answers: list[str] = field(default_factory=list)
    entries: list[dict[str, str]] = field(default_factory=list)
    regions: list[str] = field(default_factory=list)

    def client(self, credentials: dict[str, str], region: str) -> "Bus":
        assert credentials["SessionToken"]
        self.regions.append(region)
        return self

    def put_events(self, Entries: list[dict[str, str]]) -> dict[str, Any]:  # noqa: N803
        code = self.answers.pop(0) if self.answers else ""
        self.entries += [] if code else Entries
        return {"FailedEntryCount": int(bool(code)), "Entries": [{"ErrorCode": code} if code else {"EventId": "1"}]}

    @property
    def details(self) -> list[dict[str, Any]]:
        """What arrived, each valid by the published contract."""
        found = [(one["DetailType"], json.loads(one["Detail"])) for one in self.entries]
        for detail_type, detail in found:
            assert PARTNER_DETAILS[detail_type].model_validate(detail).model_dump(mode="json") == detail
        return [detail for _, detail in found]


@pytest.fixture
def bus(aws: Deployment, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bus]:
    made = Bus()
    monkeypatch.setenv("PARTNERS_ROLE_ARN", ROLE)
    monkeypatch.setattr(partner_buses, "events_as", made.client)
    partner_buses.forget_sessions()
    handler.farewells.cache_clear()
    yield made
    handler.farewells.cache_clear()
    partner_buses.forget_sessions()


def partner(aws: Deployment, known_by: str = "", **rest: Any) -> Destination:
    settings = PartnerSettings(BUS, known_by)
    types = rest.pop("detail_types", TYPES)
    return test_deliver.destination(aws, "", detail_types=types, kind="partner_bus", partner_bus=settings, **rest)


def test_a_partner_knows_a_person_by_a_pseudonym_and_gets_what_it_may(aws: Deployment, bus: Bus) -> None:
    profile_id = person(aws)
    partner(aws, traits=("city", "salary"), identifiers=("email",), purposes=("profile_care",))
    CatalogueStore(aws.table(CATALOGUE)).put(Purpose("profile_care", {"en": "x"}, basis="contract"))
    assert deliver(message(profile_id)) == []
    [detail], who = bus.details, pseudonym(KEY, profile_id)
    assert detail == {
        "metadata": {
            "id": pseudonym(KEY, test_deliver.FACT_ID),
            "schema_version": 1,
            "time": "2026-11-21T09:30:00.000Z",
            "sequence": 2,
            "cause": "live",
        },
        "person": {
            "id": who,
            "identifiers": {"email": ["u1@example.com"]},
            "traits": {"city": "Seoul", "salary": 1},
        },
        "data": {"profile_id": who, "segment": "bought_once"},
    }
    [put] = bus.entries
    assert (put["EventBusName"], put["Source"], put["DetailType"]) == (BUS, "jogakbo", "Segment Entered")
    assert (bus.regions, profile_id in put["Detail"]) == (["ap-northeast-2"], False)
    made = entry(aws)
    assert made is not None
    assert made.status == "delivered"


def test_a_session_of_the_partners_role_may_put_on_one_bus_alone(
    aws: Deployment, bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile_id, sts = person(aws), Mock(wraps=boto3.client("sts"))
    monkeypatch.setattr(partner_buses, "sts", lambda: sts)
    partner(aws)
    assert deliver(message(profile_id)) == []
    asked = sts.assume_role.call_args.kwargs
    allowed = {"Effect": "Allow", "Action": "events:PutEvents", "Resource": BUS}
    assert (asked["RoleArn"], json.loads(asked["Policy"])["Statement"]) == (ROLE, [allowed])


def test_each_partner_gets_a_pseudonym_and_ids_of_facts_of_its_own() -> None:
    assert pseudonym(b"one", "p") != pseudonym(b"other", "p") != pseudonym(b"other", "q")


def test_nothing_is_put_without_consent(aws: Deployment, bus: Bus) -> None:
    profile_id = person(aws, advertising=False)
    partner(aws, traits=("city",), identifiers=("email",), purposes=("Advertising",))
    assert deliver(message(profile_id)) == []
    assert bus.entries == []
    made = entry(aws)
    assert made is not None
    assert (made.status, made.reason) == ("withheld", "refused:Advertising")


def test_a_stopped_persons_withdrawal_names_nothing_but_the_pseudonym_and_no_record_of_ours(
    aws: Deployment, bus: Bus
) -> None:
    profile_id = person(aws, advertising=True)
    stopper(aws).stop(profile_id, "request 1")
    partner(aws, known_by="email", identifiers=("email",), purposes=("Advertising",))
    withdrawn = {"purpose": "Advertising", "state": "withdrawn", "previous": "granted", "evidence": "record-1"}
    assert deliver(message(profile_id, "Consent Changed", **withdrawn)) == []
    [detail], who = bus.details, pseudonym(KEY, profile_id)
    assert detail["person"] == {"id": who}
    assert detail["data"] == {
        "profile_id": who,
        "purpose": "Advertising",
        "state": "withdrawn",
        "previous": "granted",
    }


def test_after_a_merge_each_fact_says_by_which_pseudonyms_the_person_was_known(aws: Deployment, bus: Bus) -> None:
    visitor = stitch_into(aws, make_event({"type": "track", "event": "Seen", "anonymousId": "a1"}, days=1))
    known = person(aws, day=2)
    both = {"type": "identify", "userId": "u1", "anonymousId": "a1", "traits": {"email": "u1@example.com"}}
    stays = stitch_into(aws, make_event(both, days=3))
    [gone] = {visitor, known} - {stays}
    partner(aws)
    merged = {"merged_profile_id": gone}
    assert deliver(message(stays, "Profile Merged", **merged)) == []
    [told], stayed, went = bus.details, pseudonym(KEY, stays), pseudonym(KEY, gone)
    assert told["data"] == {"profile_id": stayed, "merged_profile_id": went}
    assert told["person"] == {"id": stayed, "formerly": [went]}


def test_a_late_fact_of_somebody_who_was_merged_says_who_that_is_now(aws: Deployment, bus: Bus) -> None:
    visitor = stitch_into(aws, make_event({"type": "track", "event": "Seen", "anonymousId": "a1"}, days=1))
    known = person(aws, day=2)
    stays = stitch_into(aws, make_event({"type": "identify", "userId": "u1", "anonymousId": "a1"}, days=3))
    [gone] = {visitor, known} - {stays}
    partner(aws)
    assert deliver(message(gone)) == []
    [told] = bus.details
    assert told["data"]["profile_id"] == pseudonym(KEY, gone)
    assert told["person"]["id"] == pseudonym(KEY, stays)


def test_who_granted_and_went_into_one_who_refused_is_told_of_by_the_pseudonyms_alone(
    aws: Deployment, bus: Bus
) -> None:
    refuser = person(aws, advertising=False)
    granted = {"consent": {"categoryPreferences": {"Advertising": True}}}
    visitor = stitch_into(aws, make_event({"event": "Seen", "anonymousId": "a1", "context": granted}, days=2))
    stays = stitch_into(aws, make_event({"type": "identify", "userId": "u1", "anonymousId": "a1"}, days=3))
    assert (stays, visitor != refuser) == (refuser, True), "so no consent of theirs changes, and nobody hears of it"
    partner(aws, traits=("city",), identifiers=("email",), purposes=("Advertising",))
    merged = message(stays, "Profile Merged", merged_profile_id=visitor)
    assert deliver(merged) == []
    [told], known_as = bus.details, [pseudonym(KEY, one) for one in (stays, visitor)]
    assert told["person"] == {"id": known_as[0], "formerly": known_as[1:]}
    assert told["data"] == {"profile_id": known_as[0], "merged_profile_id": known_as[1]}


def test_of_two_who_never_decided_nobody_hears_that_they_are_one(aws: Deployment, bus: Bus) -> None:
    visitor = stitch_into(aws, make_event({"type": "track", "event": "Seen", "anonymousId": "a1"}, days=1))
    known = person(aws, day=2)
    stays = stitch_into(aws, make_event({"type": "identify", "userId": "u1", "anonymousId": "a1"}, days=3))
    [gone] = {visitor, known} - {stays}
    partner(aws, purposes=("Advertising",))
    assert deliver(message(stays, "Profile Merged", merged_profile_id=gone)) == []
    assert bus.entries == []


def test_an_erasure_names_every_pseudonym_of_the_person(aws: Deployment, bus: Bus) -> None:
    partner(aws, known_by="email", identifiers=("email",), purposes=("Advertising",))
    erased: Any = {"merged_profile_ids": ["01B", "01C"]}
    assert deliver(message("01A", "Profile Erased", **erased)) == []
    [told] = bus.details
    assert told["data"]["profile_id"] == pseudonym(KEY, "01A")
    assert told["data"]["merged_profile_ids"] == [pseudonym(KEY, "01B"), pseudonym(KEY, "01C")]


def test_a_partner_with_ids_of_its_own_gets_them_along_and_hears_of_nobody_else(aws: Deployment, bus: Bus) -> None:
    known, unknown = person(aws), stitch_into(aws, make_event({"type": "track", "event": "x", "userId": "u2"}, days=1))
    partner(aws, known_by="email", identifiers=("email",))
    assert deliver(message(known)) == []
    assert bus.details[0]["person"]["external_id"] == "u1@example.com"
    record = message(unknown)
    body = json.loads(record["body"])
    body["detail"]["metadata"]["id"] = "another"
    assert deliver(record | {"body": json.dumps(body)}) == []
    assert len(bus.entries) == 1


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("AccessDeniedException", "not_granted"),
        ("ResourceNotFoundException", "not_there"),
        ("ThrottlingException", "service"),
    ],
)
def test_an_entry_that_the_bus_refuses_in_an_answer_of_200_is_put_again(
    aws: Deployment, bus: Bus, hidden: list[int], code: str, reason: str
) -> None:
    profile_id, bus.answers = person(aws), [code, code]
    partner(aws)
    assert deliver(message(profile_id)) == ["message-Segment Entered"]
    assert (bus.entries, len(hidden)) == ([], 1)
    assert deliver(message(profile_id, receives=MOST_RECEIVES)) == ["message-Segment Entered"]
    made = entry(aws)
    assert made is not None
    assert (made.status, made.reason) == ("failed", reason)


def test_an_entry_that_was_refused_once_arrives_by_the_same_session(
    aws: Deployment, bus: Bus, hidden: list[int]
) -> None:
    profile_id, bus.answers = person(aws), ["InternalFailure"]
    partner(aws)
    assert deliver(message(profile_id)) == ["message-Segment Entered"]
    assert deliver(message(profile_id, receives=2)) == []
    assert len(bus.entries) == 1
    assert len(bus.regions) == 1  # one session


def farewell(destination: Destination, receives: int = 1) -> dict[str, Any]:
    body = Farewell(farewell_to="crm", secret_name=destination.secret_name, bus=BUS, at="2026-11-21T10:00:00.000Z")
    record = message("01A", receives=receives)
    return record | {"body": body.model_dump_json(), "messageId": "farewell"}


def test_a_partner_that_was_removed_is_told_so_and_nothing_after(aws: Deployment, bus: Bus) -> None:
    profile_id, made = person(aws), partner(aws)
    assert deliver(farewell(made)) == []
    assert bus.entries == []  # the removal didn't come about
    CatalogueStore(aws.table(CATALOGUE)).delete(Destination, made.id)
    handler.destinations.cache_clear()
    assert deliver(message(profile_id), farewell(made)) == []
    [told] = bus.details
    assert told["data"] == {"partner": "crm", "at": "2026-11-21T10:00:00.000Z"}
    [(_, ended)] = DeliveryStore(aws.table(LEDGER)).of_destination("crm", "", 10)
    assert (ended.status, ended.detail_type, ended.profile_id) == ("delivered", ENDED, "")


def test_a_farewell_that_fails_comes_again_later_and_later_and_in_the_end_the_ledger_says_so(
    aws: Deployment, bus: Bus, hidden: list[int]
) -> None:
    made = partner(aws)
    CatalogueStore(aws.table(CATALOGUE)).delete(Destination, made.id)
    bus.answers = ["ResourceNotFoundException"] * 3
    assert deliver(farewell(made)) == deliver(farewell(made, 4)) == ["farewell"]
    assert (4 <= hidden[0] <= 6, hidden[1] > 5_000) == (True, True), "by the schedule of facts: about two days"
    assert deliver(farewell(made, MOST_RECEIVES)) == []
    [(_, ended)] = DeliveryStore(aws.table(LEDGER)).of_destination("crm", "", 10)
    assert (ended.status, ended.reason) == ("failed", "not_there")


def test_a_test_is_marked_and_says_in_the_ledger_what_became_of_it(aws: Deployment, bus: Bus) -> None:
    partner(aws, identifiers=("email",))
    body = Errand(errand="test", destination_id="crm", name="test_1", detail_type="Profile Erased").model_dump_json()
    assert deliver(message("01A") | {"body": body, "messageId": "test"}) == []
    [told] = bus.details
    assert (told["metadata"]["test"], bus.entries[0]["DetailType"]) == (True, "Profile Erased")
    tested = DeliveryStore(aws.table(LEDGER)).find("crm", "test_1")
    assert tested is not None
    assert tested.status == "delivered"


def test_a_replay_is_marked_has_the_id_it_had_and_is_asked_for_by_the_consent_of_today(
    aws: Deployment, bus: Bus
) -> None:
    profile_id = person(aws, advertising=True)
    partner(aws, purposes=("Advertising",))

    def again(name: str) -> dict[str, Any]:
        record = message(profile_id)
        body = {**json.loads(record["body"]), "destination_id": "crm", "redelivery": name}
        return record | {"body": json.dumps(body)}

    assert deliver(message(profile_id)) == deliver(again("one")) == deliver(again("one")) == []
    live, replayed = (detail["metadata"] for detail in bus.details)
    assert replayed == {**live, "cause": "replay"}
    person(aws, advertising=False, day=2)
    assert deliver(again("two")) == []
    assert len(bus.entries) == 2
