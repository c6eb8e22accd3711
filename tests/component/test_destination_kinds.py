"""What every kind of destination keeps to, by the real deliver: the gate, retries, dead letters, audit, flows."""

import hashlib
from collections.abc import Iterator
from typing import Any

import pytest

from functions.deliver import handler
from functions.deliver.backoff import MOST_RECEIVES
from shared.destinations.kinds import KINDS
from shared.domain.data_flows import Flow
from shared.stores.audit_log import AuditLog
from shared.stores.flow_counts import FlowCounts
from shared.stores.tables import LEDGER
from tests.component.stitched import stitch_into
from tests.component.test_deliver import ENTERED, a_cold_function, deliver, entry, hidden, message, person
from tests.conftest import Deployment
from tests.outlets import COVERED, OUTLETS, Outlet, put
from tests.people import make_event

__all__ = ["a_cold_function", "hidden"]
MAY = {"purposes": ("Advertising",), "identifiers": ("email", "phone"), "traits": ("city", "salary")}
EMAIL = hashlib.sha256(b"u1@example.com").hexdigest()


@pytest.fixture(params=OUTLETS)
def outlet(aws: Deployment, request: pytest.FixtureRequest) -> Iterator[Outlet]:
    with OUTLETS[request.param]() as made:
        yield made


def buyer(aws: Deployment, advertising: bool) -> str:
    person(aws, advertising)
    return stitch_into(aws, make_event({"type": "track", "event": "Order Completed", "userId": "u1"}, days=1.5))


def status_of(aws: Deployment) -> tuple[str, str | None]:
    found = entry(aws)
    assert found is not None
    return found.status, found.reason


def test_every_kind_is_held_to_this() -> None:
    assert KINDS.keys() == COVERED


def test_what_is_permitted_arrives_once_under_the_names_that_are_declared_and_is_audited_and_counted(
    aws: Deployment, outlet: Outlet
) -> None:
    profile_id = buyer(aws, advertising=True)
    put(aws, outlet, detail_types=ENTERED, fields=outlet.fields, **MAY)
    assert deliver(message(profile_id)) == []
    assert deliver(message(profile_id, receives=2)) == []
    everything = {"em": EMAIL, "town": "Seoul", "who": outlet.who(profile_id)}
    assert outlet.arrived() == [{field.name: everything[field.name] for field in outlet.fields}]
    assert status_of(aws) == ("delivered", None)
    (told,) = AuditLog(aws.table(LEDGER)).newest([profile_id])
    assert (told.what, told.destination, told.purposes) == ("disclosed", "crm", ("Advertising",))
    flows = [Flow("", "facts.Segment Entered"), Flow("", "identifiers.email"), Flow("src_test", "traits.city")]
    flows = flows[:2] if outlet.is_list else flows
    assert told.fields == tuple(flow.field for flow in flows), "what no field asks for stays at home"
    assert {one.flow for one in FlowCounts(aws.table(LEDGER)).all()} == {*flows}


def test_without_consent_nothing_arrives_but_a_withdrawal_and_an_erasure_with_ids_alone(
    aws: Deployment, outlet: Outlet
) -> None:
    profile_id = buyer(aws, advertising=False)
    put(aws, outlet, detail_types=("Segment Entered",), fields=outlet.fields, **MAY)
    put(aws, outlet, "ads", detail_types=("Consent Changed",), fields=outlet.fields, **MAY)
    assert deliver(message(profile_id)) == []
    assert status_of(aws) == ("withheld", "refused:Advertising")
    assert outlet.arrived() == []
    assert [*AuditLog(aws.table(LEDGER)).newest([profile_id])] == []
    withdrawn = {"purpose": "Advertising", "state": "refused", "previous": "granted"}
    assert deliver(message(profile_id, "Consent Changed", **withdrawn)) == []
    if outlet.is_list:
        assert outlet.arrived() == [], "who never was on it is not taken off"
        return
    (got,) = outlet.arrived()
    assert (got["profile_id"], got["state"]) == (outlet.who(profile_id), "refused")
    assert not {"em", "town", "identifiers", "traits"} & got.keys()
    put(aws, outlet, "books", detail_types=("Profile Erased",), fields=outlet.fields, **MAY)
    handler.destinations.cache_clear()
    merged: Any = {"merged_profile_ids": ["01GONE"]}
    assert deliver(message(profile_id, "Profile Erased", **merged)) == []
    erased = outlet.arrived()[-1]
    assert (erased["profile_id"], erased["merged_profile_ids"]) == (outlet.who(profile_id), [outlet.who("01GONE")])
    assert not {"em", "town", "identifiers", "traits"} & erased.keys()


def test_what_fails_is_tried_again_then_a_dead_letter_and_a_redrive_can_still_deliver_it(
    aws: Deployment, outlet: Outlet, hidden: list[int]
) -> None:
    profile_id = buyer(aws, advertising=True)
    put(aws, outlet, detail_types=ENTERED, fields=outlet.fields, **MAY)
    with outlet.broken():
        assert deliver(message(profile_id)) == ["message-Segment Entered"]
    assert entry(aws) is None
    with outlet.broken():
        assert deliver(message(profile_id, receives=MOST_RECEIVES)) == ["message-Segment Entered"]
    assert status_of(aws)[0] == "failed"
    assert deliver(message(profile_id)) == []
    assert (status_of(aws)[0], len(outlet.arrived())) == ("delivered", 1)
