"""What a source asks of its collector: from which sites, how fast, how much of an ip; and what the browser wishes."""

import json
from dataclasses import replace
from typing import Any

import pytest

from functions.collect_events import collecting
from functions.collect_events.handler import handler
from shared.contracts.records import Record, decode
from shared.domain.sources import Source
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.tables import CATALOGUE, EVENTS
from tests.conftest import Deployment
from tests.pipeline import SOURCE, collected, items, kinesis_records, request, seed_source, sent, stored, track


def sources(aws: Deployment, **fields: Any) -> None:
    """The source of the tests, with these settings."""
    seed_source(aws)
    store = CatalogueStore(aws.table(CATALOGUE))
    known = store.find(Source, SOURCE)
    assert known == Source(SOURCE, "A shop", version=1)
    store.put(replace(known, **fields))
    assert store.find(Source, SOURCE) == replace(known, **fields, version=2)


def records(aws: Deployment) -> list[Record]:
    return [decode(data) for data in collected(aws)]


def test_a_site_that_is_not_among_the_sources_own_is_refused(aws: Deployment) -> None:
    sources(aws, allowed_origins=("https://shop.example",))
    status, body = sent(request({"batch": [track()]}, origin="https://elsewhere.example"))
    assert (status, body["code"], body["field"]) == (403, "origin_not_allowed", "Origin")
    assert sent(request({"batch": [track()]}, origin="https://shop.example"))[0] == 200
    assert sent(request({"batch": [track()]}))[0] == 200, "a server has no origin"


def test_a_source_over_its_rate_hears_when_to_come_again(aws: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    sources(aws, events_per_second=10)
    now = [1000.0]
    monkeypatch.setattr(collecting.time, "monotonic", lambda: now[0])
    batch = [track(f"m{n}") for n in range(40)]
    assert sent(request({"batch": batch}))[0] == 200
    refused = handler(request({"batch": batch}), None)
    assert refused["statusCode"] == 429
    assert json.loads(refused["body"])["code"] == "rate_limited"
    wait = int(refused["headers"]["retry-after"])
    assert wait > 0
    assert len(records(aws)) == 1
    now[0] += wait
    assert sent(request({"batch": batch}))[0] == 200


@pytest.mark.parametrize(
    ("address", "kept"), [("203.0.113.77", "203.0.113.0"), ("2001:db8:1:2::7", "2001:db8:1::")], ids=["v4", "v6"]
)
def test_the_end_of_an_ip_is_dropped_where_the_source_says_so(aws: Deployment, address: str, kept: str) -> None:
    sources(aws, truncates_ip=True)
    event = request({"batch": [track()]}, origin="https://shop.example")
    event["requestContext"]["http"]["sourceIp"] = address
    assert sent(event)[0] == 200
    assert [record.ip for record in records(aws)] == [kept]


@pytest.mark.parametrize(("header", "wish"), [("1", True), ("0", None), ("yes", None)])
def test_the_browsers_wish_not_to_be_sold_is_kept_on_the_event(aws: Deployment, header: str, wish: bool | None) -> None:
    sources(aws)
    sent(request({"batch": [track(context={"page": {}})]}, sec_gpc=header))
    stored(kinesis_records(*collected(aws)))
    (item,) = items(aws, EVENTS)
    context = json.loads(item["event"])["context"]
    assert context == {"page": {}} | ({"gpc": True} if wish else {})
