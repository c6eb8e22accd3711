"""Requests about people from end to end: asked over HTTP, verified, carried out as the state machine does it."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest

from functions.carry_out_requests.handler import handler as carry_out_requests
from shared.domain.companies import Company
from shared.domain.profiles import Profile
from shared.domain.sources import Source
from shared.stores.audit_log import AuditLog
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.tables import CATALOGUE, LEDGER
from tests.conftest import Deployment
from tests.erasures import carried_out
from tests.jobs import Minutes
from tests.pipeline import SOURCE, track
from tests.privacy import REQUESTS, Officer
from tests.way import Killed, Way

JANE = "email:jane@example.com"


@pytest.fixture
def way(aws: Deployment) -> Iterator[Way]:
    made = Way(aws)
    CatalogueStore(aws.table(CATALOGUE)).put(Source("privacy", "Privacy requests"))
    made.collect(
        track("m0", userId=None, anonymousId="d1", event="Visited"),
        track("m1", type="identify", anonymousId="d1", traits={"email": "jane@example.com", "city": "Seoul"}),
    )
    made.drain()
    yield made
    made.close()


@pytest.fixture
def officer(aws: Deployment, way: Way) -> Officer:
    return Officer(aws)


def told(officer: Officer, request_id: str) -> dict[str, Any]:
    return officer.get(f"{REQUESTS}/{request_id}")


def done(officer: Officer, kind: str, identity: str = JANE, **params: Any) -> dict[str, Any]:
    """A request that was asked, verified and carried out."""
    request_id = officer.requests(kind, identity, **params)
    officer.verifies(request_id)
    carried_out(request_id)
    return told(officer, request_id)


def exported(aws: Deployment, request_id: str, name: str = "export.json") -> str:
    found = boto3.client("s3").get_object(Bucket=aws.bucket, Key=f"exports/{request_id}/{name}")
    return found["Body"].read().decode()


def jane(way: Way) -> Profile:
    found = way.person("user_id", "u1")
    assert found is not None
    return found


def test_access_ends_with_all_that_is_held_as_json_and_as_a_page(aws: Deployment, way: Way, officer: Officer) -> None:
    way.collect(
        {"type": "buy", "messageId": "bad", "userId": "u1"}, {"type": "buy", "messageId": "bad2", "userId": "u2"}
    )
    way.drain()
    CatalogueStore(aws.table(CATALOGUE)).put(Company("acme", "Acme, Inc.", "Seoul", "privacy@acme.example"))
    request = done(officer, "access")
    assert (request["state"], request["identities"]) == ("completed", [])
    held = json.loads(exported(aws, request["id"]))
    assert [event["message_id"] for event in held["events"]] == ["m0", "m1"]
    assert request["done"]["export"]["rows"] == {name: len(held[name]) for name in held if isinstance(held[name], list)}
    assert [one["name"] for one in held["companies"]] == ["Acme, Inc."]
    assert [json.loads(one["content"])["messageId"] for one in held["refused"]] == ["bad"]
    page = exported(aws, request["id"], "export.html")
    assert "jane@example.com" in page
    source = CatalogueStore(aws.table(CATALOGUE)).find(Source, SOURCE)
    assert source
    assert f"{source.name} <small>{SOURCE}</small>" in page
    assert {one.what for one in AuditLog(aws.table(LEDGER)).newest([jane(way).id])} >= {"exported", "changed"}
    assert officer.does("links", request["id"])[0] == 201


def test_portability_has_what_came_by_sites_and_apps_and_by_the_sources_that_were_named(
    aws: Deployment, way: Way, officer: Officer
) -> None:
    catalogue = CatalogueStore(aws.table(CATALOGUE))

    def provided(*sources: str) -> list[str]:
        request = done(officer, "portability", **({"sources": [*sources]} if sources else {}))
        held = json.loads(exported(aws, request["id"]))
        assert held.keys() == {"request_id", "kind", "generated_at", "identifiers", "traits", "events"}
        assert request["done"]["export"]["sources"] == ([SOURCE] if held["events"] else [])
        return [event["message_id"] for event in held["events"]]

    assert provided() == []  # it is a server's
    assert provided(SOURCE) == ["m0", "m1"]
    server = catalogue.find(Source, SOURCE)
    assert server is not None
    catalogue.put(replace(server, kind="web"))
    assert provided() == ["m0", "m1"]


def test_a_correction_wins_over_what_came_before_however_often_its_steps_are_repeated(
    aws: Deployment, way: Way, officer: Officer
) -> None:
    request_id = officer.requests("correction", JANE, traits={"city": "Busan", "email": "jane@new.example"})
    clerk = Officer(aws, ("privacy:read",))
    assert told(clerk, request_id)["params"]["traits"] == {"city": "***", "email": "***"}
    officer.verifies(request_id)
    carry_out_requests({"request_id": request_id}, Minutes())
    way.drain()
    carried_out(request_id)
    request = told(officer, request_id)
    assert (request["state"], request["params"]) == ("completed", {})
    city = jane(way).state.traits["city"]
    assert (city.value, city.source_id, city.message_id) == ("Busan", "privacy", request_id)
    assert way.person("email", "jane@new.example") == jane(way)
    assert "Busan" not in str(request)


def test_a_stop_and_its_resumption_are_carried_out(way: Way, officer: Officer) -> None:
    request = done(officer, "stop")
    assert (request["state"], jane(way).stopped) == ("completed", f"request {request['id']}")
    way.collect(track("m2", type="identify", traits={"city": "Busan"}))
    way.drain()
    assert jane(way).state.traits["city"].value == "Seoul"
    assert done(officer, "resume", "user_id:u1")["state"] == "completed"
    assert (jane(way).stopped, jane(way).state.traits["city"].value) == ("", "Busan")


@pytest.mark.parametrize("kind", ["access", "portability", "correction", "stop", "resume"])
def test_a_request_about_nobody_ends_with_nobody_found(officer: Officer, kind: str) -> None:
    params = {"traits": {"city": "Busan"}} if kind == "correction" else {}
    request = done(officer, kind, "email:nobody@example.com", **params)
    assert request["state"] == "completed"
    assert {"people": 0} in request["done"].values()
    assert officer.does("links", request["id"])[1]["code"] == "export_missing"


@pytest.mark.parametrize("kind", ["access", "stop", "correction"])
def test_steps_that_are_killed_anywhere_end_the_same_when_they_are_repeated(
    aws: Deployment, way: Way, officer: Officer, kind: str
) -> None:
    params = {"traits": {"city": "Busan"}} if kind == "correction" else {}
    request_id = officer.requests(kind, JANE, **params)
    officer.verifies(request_id)
    for after in (False, True):
        for calls in range(2, 40, 6):
            way.killer.left, way.killer.after = calls, after
            try:
                carry_out_requests({"request_id": request_id}, Minutes())
            except Killed:
                continue
            finally:
                way.killer.left = 1_000_000
            break
    assert way.killer.kills > 0
    way.drain()
    carried_out(request_id)
    assert told(officer, request_id)["state"] == "completed"
    match kind:
        case "access":
            assert len(json.loads(exported(aws, request_id))["events"]) == 2
        case "stop":
            assert jane(way).stopped == f"request {request_id}"
        case "correction":
            assert jane(way).state.traits["city"].value == "Busan"
            assert jane(way).state.events["$identify"].total == 2
