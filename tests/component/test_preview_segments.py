"""Segments tried over the API, with a token alone: by the real functions, over events that went the real way."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from functions.preview_segments import trying
from functions.preview_segments.handler import handler as preview_segments
from functions.read_profiles import trial_routes
from shared.aws.objects import fetch_file
from shared.domain.api_tokens import SCOPES, ApiToken
from shared.domain.segments.definition import OfTrait
from shared.domain.segments.trials import KEPT, MOST_TRIES, Trial
from shared.domain.times import to_text
from shared.lake import opening
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.outcome_log import OutcomeLog
from shared.stores.tables import CATALOGUE, LEDGER, TTL_ATTRIBUTE
from shared.stores.trial_store import TrialStore
from tests import segments
from tests.component.managing import give_token
from tests.component.test_read_profiles import a_cold_function
from tests.component.test_read_profiles import ask as read
from tests.conftest import Deployment
from tests.erasures import erased
from tests.lake import build, snapshot, store
from tests.pipeline import track
from tests.trials import SAMPLE, Trier, messages, run_all
from tests.way import Way

__all__ = ["a_cold_function"]

ANN = "ann@example.com"
SHOES: dict[str, Any] = {
    "event": "Order Completed",
    "where": [{"property": "properties.category", "type": "text", "operator": "eq", "value": "shoes"}],
    "window": {"last": "P3650D"},
}
MAIL: dict[str, Any] = {"trait": "email", "type": "text", "operator": "eq", "value": ANN}


@pytest.fixture
def trier(aws: Deployment) -> Trier:
    give_token(aws, "jgb_all", *SCOPES, name="mina")
    return Trier(aws, "jgb_all")


@pytest.fixture
def way(aws: Deployment) -> Iterator[Way]:
    """Two who bought shoes, and one who looked."""
    made = Way(aws)
    bought: dict[str, Any] = {"event": "Order Completed", "properties": {"category": "shoes"}}
    store(
        made,
        track("m0", userId="u0", type="identify", traits={"email": ANN}),
        *(track(f"m{n + 1}", userId=f"u{n}", **bought) for n in range(2)),
        track("m9", userId="v"),
    )
    hour = OutcomeLog(aws.bucket).first_hour()
    assert hour
    build(hour)
    yield made
    made.close()


def test_a_definition_is_tried_with_a_token_alone_and_names_nobody_who_is_gone(
    way: Way, aws: Deployment, trier: Trier
) -> None:
    assert trier.tried({"where": SHOES})["reason"] == "no_snapshot"
    snapshot()
    both = {"op": "or", "of": [SHOES, MAIL]}
    url = trier.asked({"where": both}, sample="20")
    assert (trier.told(url)["state"], trier.told(url)["preview"]) == ("queued", None)
    run_all(aws)
    told = trier.told(url)
    found = told["preview"]
    assert (told["state"], found["people"], found["size"], found["entering"], found["leaving"]) == ("done", 3, 2, 2, 0)
    assert found["overlaps"] == [{"segment": "bought_once", "size": 2, "both": 2}]
    assert (found["write_units"] >= 2, found["dollars"] > 0) == (True, True)
    assert {one["why"]["of"][0]["value"] for one in found["sample"]} == {1}
    (ann,) = [one for one in found["sample"] if one["why"]["of"][1]["truth"]]
    assert ann["why"]["of"][1]["value"] == ANN
    (seen, *_) = read(f"/v1/profiles/profile_id:{ann['profile_id']}/audit", token=trier.token)[1]["entries"]
    assert (seen["place"], seen["what"], seen["actor"], seen["masked"]) == ("get_preview", "read", "mina", False)

    declared = trier.tried({"id": "bought_once"}, sample="0", overlap="false")["preview"]
    assert (declared["size"], declared["entering"], declared["sample"], declared["overlaps"]) == (2, 0, [], [])

    erased(aws, ("user_id", "u0"))
    left = trier.told(url)["preview"]
    assert (left["size"], [one["profile_id"] for one in left["sample"]]) == (
        2,
        [one["profile_id"] for one in found["sample"] if one != ann],
    )
    assert trier.tried({"where": both})["preview"]["size"] == 1


def test_the_past_is_played_over_the_api(way: Way, trier: Trier) -> None:
    snapshot()
    told = trier.tried({"where": SHOES}, kind="dry_run", **{"from": "2026-11-01", "to": "2026-12-01"})
    assert (told["state"], told["preview"]) == ("done", None)
    run = told["dry_run"]
    assert (run["people"], run["everybody"], run["entered"], run["left"], run["at_first"]) == (3, 3, 2, 0, 0)
    assert [(one["entered"], one["size"]) for one in run["days"]] == [(2, 2)]
    turned = trier.post({"where": SHOES}, kind="dry_run", **{"from": "2026-12-01", "to": "2026-11-01"})
    assert (turned[0], turned[1]["code"]) == (400, "range_invalid")
    assert trier.post({"where": SHOES}, kind="dry_run", to="soon")[1]["field"] == "to"
    assert trier.post({"where": SHOES}, kind="dry_run", to="0001-01-02")[1]["code"] == "range_invalid"
    assert "ten years" in trier.post({"where": SHOES}, kind="dry_run", **{"from": "2006-11-01"})[1]["message"]


def test_what_no_put_would_take_is_refused_at_the_same_places(aws: Deployment, trier: Trier) -> None:
    segments.declare(aws)
    where = {
        "op": "and",
        "of": [{**MAIL, "type": "number", "operator": "gte"}, {"event": "B", "window": {"last": "P1M"}}],
    }
    status, problem = trier.post({"where": where})
    assert (status, problem["code"]) == (400, "item_invalid")
    assert [one["pointer"] for one in problem["problems"]] == ["/where/of/0/value", "/where/of/1/window/last"]
    assert trier.post({"where": {"segment": "nothing"}})[1]["problems"][0]["code"] == "reference_unknown"
    assert trier.post({"id": "bought_once", "where": {"segment": "bought_once"}})[1]["field"] == "where.segment"
    assert [trier.post(body)[1]["field"] for body in ({}, {"id": "bought_once", "zone": "UTC"})] == ["where", "where"]
    assert trier.post({"id": "nothing"})[0] == 404
    assert [trier.post({"id": no_id, "where": SHOES})[1]["field"] for no_id in ("A B", "😀", "", "a" * 65)] == [
        "id"
    ] * 4
    assert trier.post({"where": SHOES}, sample="21")[1]["code"] == "parameter_invalid"
    assert messages(aws) == []
    ones = [{"property": "time", "type": "number", "operator": "in", "value": [1] * 100}] * 10
    large = {"op": "or", "of": [{"sequence": [{"event": "A", "where": ones}] * 5}] * 22}
    assert trier.post(json.dumps({"where": large}, separators=(",", ":")))[0] == 202, "no larger than it came"


def test_only_who_may_ask_anything_of_people_tries_what_nobody_declared(aws: Deployment, trier: Trier) -> None:
    segments.declare(aws)
    catalogue = CatalogueStore(aws.table(CATALOGUE))
    give_token(aws, "jgb_reads", "profiles:read", name="reader")
    give_token(aws, "jgb_writes", "catalogue:write", name="writer")
    bound = ApiToken("bound", ("profiles:read", "catalogue:write"), "2099-01-01T00:00:00.000Z", purposes=("else",))
    catalogue.put_api_token("jgb_bound", bound)
    reads, writes, of_purposes = (Trier(aws, f"jgb_{name}") for name in ("reads", "writes", "bound"))
    assert [one.post({"where": MAIL})[1]["code"] for one in (reads, writes, of_purposes)] == [
        "scope_missing",
        "scope_missing",
        "purposes_bound",
    ]
    assert writes.post({"id": "bought_once"})[0] == 403
    url = reads.asked({"id": "bought_once"})
    assert read(url, token="jgb_all")[1]["code"] == "preview_not_found", "it is told to who asked alone"
    assert read(url, token="jgb_writes")[0] == 403
    assert of_purposes.asked({"id": "bought_once"})


def test_values_are_masked_and_who_did_very_much_is_told_without_why(
    way: Way, aws: Deployment, trier: Trier, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot()
    give_token(aws, "jgb_masked", "profiles:read", "catalogue:write", name="masked")
    masked = Trier(aws, "jgb_masked")
    url = masked.asked({"where": MAIL})
    run_all(aws)
    assert ANN not in str(masked.told(url))
    monkeypatch.setattr(trial_routes, "MOST_READ", 1)
    assert [one["why"] for one in masked.told(url)["preview"]["sample"]] == [None]
    monkeypatch.setattr(trial_routes, "MOST_READ", 12)
    assert [one["why"] for one in masked.told(url)["preview"]["sample"]] == [None], "two events of two identifiers"


def trial_in(aws: Deployment, **more: Any) -> Trial:
    """One that is stored as it would be."""
    segment = replace(segments.BOUGHT_ONCE, where=OfTrait("city", "text", "eq", "Seoul"))
    params = {"sample": 3, "overlap": True}
    made = Trial("01KAK3J8V2N5Q0T4W6Y8Z1B3D5", "preview", segment, "mina", to_text(datetime.now(UTC)), params)
    return TrialStore(aws.table(LEDGER)).put(replace(made, **more))


def test_what_is_over_is_told_nobody_and_run_by_nobody(aws: Deployment, trier: Trier) -> None:
    trial = trial_in(aws, created_at=to_text(datetime.now(UTC) - KEPT))
    url = f"/v1/segments/previews/{trial.id}"
    assert read(url, token=trier.token)[1]["code"] == "preview_not_found"
    assert preview_segments({"Records": [SAMPLE]}, None) == {"batchItemFailures": []}
    (item,) = boto3.client("dynamodb").scan(TableName=aws.table(LEDGER))["Items"]
    ends = datetime.fromtimestamp(int(item[TTL_ATTRIBUTE]["N"]), UTC)
    assert (item["state"]["S"], abs(datetime.now(UTC) - ends) < timedelta(minutes=1)) == ("queued", True)


def test_what_breaks_off_is_tried_again_and_then_has_failed(
    way: Way, aws: Deployment, trier: Trier, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot()
    url, broken = trier.asked({"where": SHOES}), [OSError()] * 2

    def breaking(*args: Any) -> None:
        if broken:
            raise broken.pop()
        fetch_file(*args)

    monkeypatch.setattr(opening, "fetch_file", breaking)
    (record,) = messages(aws)
    preview_segments({"Records": [record]}, None)
    assert (trier.told(url)["state"], len(broken)) == ("running", 1)
    preview_segments({"Records": [record]}, None)
    preview_segments({"Records": [record, record]}, None)
    assert (trier.told(url)["state"], trier.told(url)["preview"]["size"]) == ("done", 2)

    trial_in(aws, tries=MOST_TRIES, state="running")
    preview_segments({"Records": [SAMPLE]}, None)
    gone = TrialStore(aws.table(LEDGER)).find("01KAK3J8V2N5Q0T4W6Y8Z1B3D5", datetime.now(UTC))
    assert gone
    assert (gone.state, gone.reason) == ("failed", "gave_up")


class AboutToEnd:
    """The context of an invocation of which no more is left than it takes to tell."""

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


def test_what_takes_too_long_has_failed_before_the_function_is_cut_off(
    way: Way, aws: Deployment, trier: Trier, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot()
    endless = "SELECT count(*) FROM range(1_000_000_000_000) AS t(i) WHERE i % 7 = 3"
    monkeypatch.setattr(trying, "preview", lambda lake, *args, **more: lake.execute(endless))
    url = trier.asked({"where": MAIL})
    assert preview_segments({"Records": messages(aws)}, AboutToEnd()) == {"batchItemFailures": []}
    assert (trier.told(url)["state"], trier.told(url)["reason"]) == ("failed", "too_slow")
    assert messages(aws) == []


def test_what_the_lake_cannot_be_asked_and_what_does_not_fit_is_said(
    way: Way, trier: Trier, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot()
    text = {"property": "location.store", "type": "text", "operator": "eq", "value": "Gangnam"}
    refused = trier.tried({"where": {**SHOES, "where": [text]}})
    assert (refused["state"], refused["reason"]) == ("failed", "not_in_lake")
    assert "location.store" in refused["message"]
    monkeypatch.setattr(trying, "MOST_BYTES", 10)
    assert trier.tried({"where": SHOES})["reason"] == "lake_too_large"
    assert trier.tried({"where": MAIL})["state"] == "done", "it needs no day of the lake"
