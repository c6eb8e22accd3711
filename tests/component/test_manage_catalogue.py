"""The real handler of manage_catalogue over moto: what may be made and changed, what is refused, what is recorded."""

import json
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest

from shared.domain.counting import CountedRecord
from shared.domain.health import hour_of
from shared.domain.outcomes import Tally
from shared.domain.reconciliation import Reconciliation
from shared.domain.sources import RetentionClass, Source
from shared.domain.times import to_text
from shared.domain.tracking_plans import TrackingPlan
from shared.stores import recorded_changes
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.count_store import CountStore
from shared.stores.keys import secret_hash
from shared.stores.live_sources import LiveSources
from shared.stores.reconciled_store import ReconciledHour, ReconciledStore
from shared.stores.recorded_changes import RecordedChanges
from shared.stores.tables import CATALOGUE, LEDGER
from tests.component.managing import TOKEN, ask, give_token
from tests.conftest import Deployment
from tests.pipeline import SOURCE, items, kinesis_records, record_bytes, seed_source, stored, track

WEB = {"name": "Web shop", "kind": "web", "owner": "growth"}
HOOK = {"name": "CRM", "url": "https://hooks.example.com/", "detail_types": ["Segment Entered"], "traits": ["city"]}


@pytest.fixture(autouse=True)
def token(aws: Deployment) -> None:
    give_token(aws, TOKEN, "catalogue:read", "catalogue:write", name="ci")


@pytest.fixture
def public(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every name leads to a public address."""
    monkeypatch.setattr("functions.manage_catalogue.changing.check", lambda *_, **__: None)


def changes(aws: Deployment, kind: str, item_id: str) -> list[tuple[str, str, int, int]]:
    found = RecordedChanges(aws.table(CATALOGUE), aws.table(LEDGER)).of(kind, item_id)
    return [(one["by"], one["action"], one["version_before"], one["version_after"]) for one in found]


def test_an_item_is_made_read_changed_and_deleted_and_every_change_is_recorded(aws: Deployment) -> None:
    status, made = ask("PUT", "/v1/sources/web", WEB)
    assert (status, made["id"], made["version"], made["owner"]) == (200, "web", 1, "growth")
    assert ask("GET", "/v1/sources/web") == (200, made)
    status, changed = ask("PUT", "/v1/sources/web", {**WEB, "state": "disabled", "version": 1})
    assert (status, changed["version"], changed["state"]) == (200, 2, "disabled")
    assert ask("DELETE", "/v1/sources/web") == (200, changed)
    assert ask("GET", "/v1/sources/web")[0] == 404
    assert changes(aws, "source", "web") == [("ci", "created", 0, 1), ("ci", "changed", 1, 2), ("ci", "deleted", 2, 0)]
    fields = [item.get("fields") for item in items(aws, LEDGER) if item["pk"] == "audit#source#web"]
    assert fields == ["name,kind,state,owner,sensitivity,retention_class,forbidden_numbers", "state", None]


def test_what_a_get_gave_can_be_put_and_what_says_the_same_writes_nothing(aws: Deployment) -> None:
    ask("PUT", "/v1/sources/web", WEB)
    _, read = ask("GET", "/v1/sources/web")
    assert ask("PUT", "/v1/sources/web", read) == (200, read)
    assert len(changes(aws, "source", "web")) == 1
    status, changed = ask("PUT", "/v1/sources/web", {**WEB, "owner": "sales"}, if_match='"1"')
    assert (status, changed["version"]) == (200, 2)


@pytest.mark.parametrize("version", [{}, {"version": 0}, {"version": 1}, {"version": 7}])
def test_of_two_who_change_the_same_the_second_is_told_the_present_version(
    aws: Deployment, version: dict[str, int]
) -> None:
    ask("PUT", "/v1/sources/web", WEB)
    ask("PUT", "/v1/sources/web", {**WEB, "owner": "sales", "version": 1})
    status, problem = ask("PUT", "/v1/sources/web", {**WEB, **version})
    assert (status, problem["code"], problem["version"]) == (409, "version_conflict", 2)
    assert ask("GET", "/v1/sources/web")[1]["owner"] == "sales"
    assert ask("DELETE", "/v1/sources/web", if_match="1")[0] == 409


def test_a_change_that_comes_between_reading_and_writing_loses_nothing(
    aws: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask("PUT", "/v1/sources/web", WEB)
    real = RecordedChanges.put

    def late(self: RecordedChanges, *arguments: Any) -> None:
        monkeypatch.setattr(RecordedChanges, "put", real)
        assert ask("PUT", "/v1/sources/web", {**WEB, "owner": "faster", "version": 1})[0] == 200
        real(self, *arguments)

    monkeypatch.setattr(RecordedChanges, "put", late)
    status, problem = ask("PUT", "/v1/sources/web", {**WEB, "owner": "slower", "version": 1})
    assert (status, problem["version"]) == (409, 2)
    assert ask("GET", "/v1/sources/web")[1]["owner"] == "faster"
    assert changes(aws, "source", "web") == [("ci", "created", 0, 1), ("ci", "changed", 1, 2)]


def test_a_change_that_could_not_be_recorded_is_not_made(aws: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorded_changes, "audit_pk", lambda *_: "")  # DynamoDB takes no empty key
    assert ask("PUT", "/v1/sources/web", WEB)[0] == 500
    assert CatalogueStore(aws.table(CATALOGUE)).find(Source, "web") is None


def test_a_dry_run_says_what_would_come_and_writes_nothing(aws: Deployment) -> None:
    status, would = ask("PUT", "/v1/sources/web", WEB, query={"dry_run": "true"})
    assert (status, would["version"]) == (200, 1)
    assert ask("PUT", "/v1/sources/web", {"name": ""}, query={"dry_run": "true"})[0] == 400
    assert ask("GET", "/v1/sources/web")[0] == 404
    assert changes(aws, "source", "web") == []


def test_everything_that_is_wrong_is_said_at_once_with_its_field_and_what_mends_it(aws: Deployment) -> None:
    bad = {"kind": "fax", "owners": "growth", "events_per_second": "fast", "webhook": {"kind": "hmac", "key": "x"}}
    status, problem = ask("PUT", "/v1/sources/web", bad)
    assert (status, problem["code"]) == (400, "item_invalid")
    found = {one["field"]: one for one in problem["problems"]}
    assert set(found) == {"name", "kind", "owners", "events_per_second", "webhook.key"}
    assert all(one["message"] and one["fix"] for one in found.values())
    assert "'web'" in found["kind"]["fix"]
    assert problem["field"] in found


RULES: list[tuple[str, dict[str, Any], str]] = [
    ("sources/web", {**WEB, "name": " "}, "name"),
    ("sources/web", {**WEB, "allowed_origins": ["https://shop.example", "shop.example/"]}, "allowed_origins.1"),
    ("sources/web", {**WEB, "events_per_second": -1}, "events_per_second"),
    ("sources/web", {**WEB, "retention_class": "long"}, "retention_class"),
    ("sources/web", {**WEB, "mapping": "crm"}, "mapping"),
    ("sources/web", {**WEB, "tracking_plan": "shop"}, "tracking_plan"),
    ("sources/web", {**WEB, "webhook": {"kind": "hmac"}}, "webhook"),
    ("retention-classes/long", {"days": 0}, "days"),
    ("mappings/crm", {"name": "CRM", "rules": [{"op": "drop", "field": "a"}, {"op": "lift"}]}, "rules.1"),
    ("tracking-plans/shop", {"name": "Shop", "events": {"Order": {"type": "nothing"}}}, "events.Order.type"),
    ("destinations/crm", {**HOOK, "detail_types": ["Rumour"]}, "detail_types.0"),
    ("destinations/crm", {**HOOK, "detail_types": []}, "detail_types"),
    ("destinations/crm", {**HOOK, "secret_name": "jogakbo/production/identifier-key"}, "secret_name"),
]


@pytest.mark.parametrize(("path", "body", "field"), RULES, ids=[f"{path}-{field}" for path, _, field in RULES])
@pytest.mark.usefixtures("public")
def test_an_item_that_contradicts_itself_or_its_surroundings_is_refused(
    path: str, body: dict[str, Any], field: str
) -> None:
    status, problem = ask("PUT", f"/v1/{path}", body)
    assert (status, [one["field"] for one in problem["problems"]]) == (400, [field])


@pytest.mark.parametrize("body", ["", "[]", "null", "{", '{"name": "\\ud800"}', '{"name": 1e999}', "[" * 2000, "\xff"])
def test_a_body_that_is_no_json_object_is_refused_by_name(body: str) -> None:
    status, problem = ask("PUT", "/v1/sources/web", body)
    assert (status, problem["code"]) == (400, "malformed_json" if body else "item_invalid")


def test_a_body_that_no_item_could_hold_is_refused() -> None:
    assert ask("PUT", "/v1/sources/web", {**WEB, "owner": "x" * 400_000})[0] == 413


@pytest.mark.parametrize("item_id", ["Web", "a b", "-a", "a" * 65, "a.b"])
def test_what_is_no_id_is_refused(item_id: str) -> None:
    assert ask("PUT", f"/v1/sources/{item_id}", WEB)[0] == 400


def test_what_others_refer_to_stays(aws: Deployment) -> None:
    ask("PUT", "/v1/retention-classes/long", {"days": 730})
    ask("PUT", "/v1/sources/web", {**WEB, "retention_class": "long"})
    status, problem = ask("DELETE", "/v1/retention-classes/long")
    assert (status, problem["code"]) == (409, "still_referenced")
    assert "source web" in problem["message"]
    ask("DELETE", "/v1/sources/web")
    assert ask("DELETE", "/v1/retention-classes/long")[0] == 200
    assert CatalogueStore(aws.table(CATALOGUE)).find(RetentionClass, "long") is None


def test_a_page_of_large_items_stays_below_what_lambda_answers(aws: Deployment) -> None:
    catalogue = CatalogueStore(aws.table(CATALOGUE))
    names = [f"plan{number:02}" for number in range(25)]
    for name in names:
        catalogue.put(TrackingPlan(name, name, {"Order Completed": {"description": "x" * 290_000}}))
    found: list[str] = []
    query: dict[str, str] = {}
    while True:
        status, page = ask("GET", "/v1/tracking-plans", query=query)
        assert status == 200
        assert len(json.dumps(page)) < 6_000_000
        found += [item["id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert found == names


def test_a_list_comes_in_pages_without_gaps_or_repeats(aws: Deployment) -> None:
    ids = sorted(f"s-{number}" for number in range(7))
    for item_id in ids:
        ask("PUT", f"/v1/sources/{item_id}", WEB)
    seen, query = [], {"limit": "3"}
    while True:
        _, page = ask("GET", "/v1/sources", query=query)
        seen += [item["id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert seen == ids
    assert ask("GET", "/v1/sources", query={"limit": "7"})[1]["next_cursor"] is None
    assert ask("GET", "/v1/sources", query={"limit": "0"})[0] == 400


def test_reading_and_writing_need_their_scopes(aws: Deployment) -> None:
    give_token(aws, "jgb_reader", "catalogue:read")
    give_token(aws, "jgb_writer", "catalogue:write")
    give_token(aws, "jgb_other", "profiles:read")
    assert ask("PUT", "/v1/sources/web", WEB, token="jgb_reader")[1]["code"] == "scope_missing"
    assert ask("PUT", "/v1/sources/web", WEB, token="jgb_writer")[0] == 200
    for path in ("/v1/sources", "/v1/sources/web", "/v1/sources/web/health", "/v1/sources/web/write-keys"):
        assert ask("GET", path, token="jgb_writer")[0] == 403
        assert ask("GET", path, token="jgb_reader")[0] == 200
    for method, path in (("POST", "/v1/sources/web/write-keys"), ("DELETE", "/v1/sources/web")):
        assert ask(method, path, token="jgb_other")[0] == 403
    assert ask("GET", "/v1/sources", token="wk_unknown")[0] == 401


def test_write_keys_are_made_beside_each_other_and_revoked_one_by_one(aws: Deployment) -> None:
    ask("PUT", "/v1/sources/web", WEB)
    _, old = ask("POST", "/v1/sources/web/write-keys")
    _, new = ask("POST", "/v1/sources/web/write-keys")
    assert LiveSources(CatalogueStore(aws.table(CATALOGUE))).of_write_key(old["write_key"]) is not None
    status, revoked = ask("DELETE", f"/v1/sources/web/write-keys/{old['id']}")
    assert (status, revoked["state"]) == (200, "disabled")
    sources = LiveSources(CatalogueStore(aws.table(CATALOGUE)))
    assert sources.of_write_key(old["write_key"]) is None
    found = sources.of_write_key(new["write_key"])
    assert found is not None
    assert found.id == "web"
    _, listed = ask("GET", "/v1/sources/web/write-keys")
    assert {(key["id"], key["state"]) for key in listed["write_keys"]} == {
        (old["id"], "disabled"),
        (new["id"], "live"),
    }
    assert [action for _, action, _, _ in changes(aws, "source", "web")] == [
        "created",
        "key_added",
        "key_added",
        "key_revoked",
    ]


def test_a_write_key_is_shown_once_and_stored_nowhere(aws: Deployment) -> None:
    ask("PUT", "/v1/sources/web", WEB)
    _, made = ask("POST", "/v1/sources/web/write-keys")
    everything = f"{items(aws, CATALOGUE)}{items(aws, LEDGER)}{ask('GET', '/v1/sources/web/write-keys')}"
    assert made["write_key"] not in everything
    assert secret_hash(made["write_key"])[:12] == made["id"]


def test_keys_of_another_source_and_of_none_are_not_found(aws: Deployment) -> None:
    ask("PUT", "/v1/sources/web", WEB)
    ask("PUT", "/v1/sources/app", WEB)
    _, key = ask("POST", "/v1/sources/web/write-keys")
    assert ask("DELETE", f"/v1/sources/app/write-keys/{key['id']}")[0] == 404
    assert ask("DELETE", "/v1/sources/web/write-keys/000000000000")[0] == 404
    assert ask("DELETE", "/v1/sources/web/write-keys/0")[0] == 400
    assert ask("POST", "/v1/sources/nowhere/write-keys")[0] == 404


def test_a_key_of_a_deleted_source_does_not_come_to_life_with_a_later_one(aws: Deployment) -> None:
    ask("PUT", "/v1/sources/web", WEB)
    _, key = ask("POST", "/v1/sources/web/write-keys")
    assert ask("PUT", "/v1/sources/web", WEB)[0] == 409  # and takes no key away
    assert LiveSources(CatalogueStore(aws.table(CATALOGUE))).of_write_key(key["write_key"]) is not None
    ask("DELETE", "/v1/sources/web")
    ask("PUT", "/v1/sources/web", WEB)
    assert LiveSources(CatalogueStore(aws.table(CATALOGUE))).of_write_key(key["write_key"]) is None


def test_an_answer_of_ours_that_breaks_its_own_description_is_no_bad_request(
    aws: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask("PUT", "/v1/sources/web", WEB)
    monkeypatch.setattr("functions.manage_catalogue.item_routes.view", lambda _: {"id": 1})
    assert ask("GET", "/v1/sources/web")[0] == 500


def secret_names() -> list[str]:
    below: Any = {"Key": "name", "Values": ["jogakbo/test/destinations/"]}
    found = boto3.client("secretsmanager").list_secrets(Filters=[below])
    return [secret["Name"] for secret in found["SecretList"]]


def kept_secrets() -> list[str]:
    (name,) = secret_names()
    kept: list[str] = json.loads(boto3.client("secretsmanager").get_secret_value(SecretId=name)["SecretString"])
    return kept


@pytest.mark.usefixtures("public")
def test_a_new_destination_has_a_secret_that_is_shown_once_rotated_and_goes_with_it(aws: Deployment) -> None:
    assert "secret" not in ask("PUT", "/v1/sources/web", WEB)[1]
    _, made = ask("PUT", "/v1/destinations/crm", HOOK)
    assert kept_secrets() == [made["secret"]]
    _, changed = ask("PUT", "/v1/destinations/crm", {**HOOK, "traits": [], "version": 1})
    assert changed["secret"] is None
    assert "secret" not in ask("GET", "/v1/destinations/crm")[1]
    _, rotated = ask("POST", "/v1/destinations/crm/secret")
    assert kept_secrets() == [rotated["secret"], made["secret"]]
    _, again = ask("POST", "/v1/destinations/crm/secret")
    assert kept_secrets() == [again["secret"], rotated["secret"]]
    assert [action for _, action, _, _ in changes(aws, "destination", "crm")] == [
        "created",
        "changed",
        "secret_rotated",
        "secret_rotated",
    ]
    assert made["secret"] not in str(items(aws, CATALOGUE) + items(aws, LEDGER))
    ask("DELETE", "/v1/destinations/crm")
    assert secret_names() == []


@pytest.mark.usefixtures("public")
def test_a_destination_that_could_not_be_written_leaves_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorded_changes, "audit_pk", lambda *_: "")
    assert ask("PUT", "/v1/destinations/crm", HOOK)[0] == 500
    assert secret_names() == []


@pytest.mark.parametrize(
    "url", ["http://hooks.example.com/", "https://127.0.0.1/", "https://169.254.169.254/", "https://u:p@example.com/"]
)
def test_a_url_that_deliver_would_refuse_is_refused(url: str) -> None:
    status, problem = ask("PUT", "/v1/destinations/crm", {**HOOK, "url": url})
    assert (status, problem["field"]) == (400, "url")
    assert secret_names() == []


def test_a_host_without_an_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: Any, **__: Any) -> None:
        raise OSError("Name or service not known")

    monkeypatch.setattr("functions.manage_catalogue.changing.check", unknown)
    assert ask("PUT", "/v1/destinations/crm", HOOK)[1]["field"] == "url"


def test_a_sources_health_is_what_was_counted_of_it(aws: Deployment) -> None:
    seed_source(aws)
    now = datetime.now(UTC)
    record = record_bytes(track(), track(), {"type": "track"}, received_at=to_text(now))
    stored(kinesis_records(record))
    ask("PUT", "/v1/retention-classes/short", {"days": 30})
    _, source = ask("GET", f"/v1/sources/{SOURCE}")
    ask("PUT", f"/v1/sources/{SOURCE}", {**source, "owner": "growth", "retention_class": "short"})
    status, found = ask("GET", f"/v1/sources/{SOURCE}/health")
    assert status == 200
    assert (found["owner"], found["retention_class"], found["retention_days"]) == ("growth", "short", 30)
    assert found["kept_days"] == {"events": 30, "log/": 14, "outcomes/": 14, "quarantine/": 30, "imports/": 30}
    assert {name: found["day"][name] for name in ("received", "stored", "duplicate", "quarantined", "unexplained")} == {
        "received": 3,
        "stored": 1,
        "duplicate": 1,
        "quarantined": 1,
        "unexplained": 0,
    }
    assert found["adds_up"] is True
    assert found["last_seen"] in (found["present"]["hour"], found["last_full"]["hour"])
    (note,) = found["top"]["quarantined"]
    assert note["count"] == 1
    assert ask("GET", "/v1/sources/nowhere/health")[0] == 404


def test_a_source_that_was_never_heard_has_a_health_too(aws: Deployment) -> None:
    ask("PUT", "/v1/sources/web", WEB)
    status, found = ask("GET", "/v1/sources/web/health")
    assert (status, found["last_seen"], found["volume"], found["top"]) == (200, None, "unknown", {})
    assert found["retention_days"] == 365


def test_counts_that_do_not_add_up_are_told(aws: Deployment) -> None:
    ask("PUT", "/v1/sources/web", WEB)
    counts, hour = CountStore(aws.table(LEDGER)), hour_of(datetime.now(UTC))
    parked = CountedRecord(2, Tally(received=3), has_ended=False)
    counts.add("web", hour, "shard-1", [CountedRecord(1, Tally(received=5, stored=4)), parked])
    counts.add("web", hour, "shard-2", [CountedRecord(1, Tally(received=2, stored=2))])
    _, found = ask("GET", "/v1/sources/web/health")
    assert (found["day"]["received"], found["day"]["unexplained"], found["day"]["waiting"]) == (10, 1, 3)
    assert found["adds_up"] is False


def test_what_reconciliation_found_is_told(aws: Deployment) -> None:
    ask("PUT", "/v1/sources/web", WEB)
    hour, found = hour_of(datetime.now(UTC)), Reconciliation(Tally(received=5, stored=5), missing=2, unfolded=1)
    ReconciledStore(aws.table(LEDGER)).put("web", ReconciledHour(hour, "2026-11-21T10:20:00.000Z", found))
    _, told = ask("GET", "/v1/sources/web/health")
    assert (told["day"]["reconciled_gap"], told["day"]["unfolded"], told["adds_up"]) == (2, 1, False)


@pytest.mark.parametrize("scheme", [{"kind": "hmac"}, {"kind": "secret", "header": ""}], ids=["hmac", "secret"])
def test_a_webhook_scheme_that_could_not_be_checked_is_refused_with_its_place(scheme: dict[str, str]) -> None:
    status, problem = ask("PUT", "/v1/sources/src_a", {"name": "A", "webhook": scheme})
    assert (status, problem["field"]) == (400, "webhook")
    assert problem["fix"] == f"A scheme of kind {scheme['kind']} needs a header."


def test_a_token_is_made_with_no_more_than_its_makers_scopes_listed_and_revoked(aws: Deployment) -> None:
    assert ask("GET", "/v1/tokens")[1]["code"] == "scope_missing"
    give_token(aws, "jgb_admin", "tokens:write", "catalogue:read", name="admin")
    body = {"name": "dashboard", "scopes": ["catalogue:read"], "days": 30}
    status, made = ask("POST", "/v1/tokens", body, token="jgb_admin")
    assert (status, made["scopes"]) == (200, ["catalogue:read"])
    assert ask("GET", "/v1/sources", token=made["api_token"])[0] == 200
    more = {"name": "x", "scopes": ["catalogue:read", "profiles:read"]}
    assert ask("POST", "/v1/tokens", more, token="jgb_admin")[1]["code"] == "scope_missing"
    assert ask("POST", "/v1/tokens", {"name": "x", "scopes": ["everything"]}, token="jgb_admin")[0] == 400
    shops = {**body, "name": "agency", "scopes": ["tokens:write"], "controllers": ["bakery", "florist"]}
    agency = ask("POST", "/v1/tokens", shops, token="jgb_admin")[1]
    own = {**body, "scopes": ["tokens:write"]}
    assert ask("POST", "/v1/tokens", own, token=agency["api_token"])[1]["controllers"] == ["bakery", "florist"]
    other = {**own, "controllers": ["shop"]}
    assert ask("POST", "/v1/tokens", other, token=agency["api_token"])[1]["code"] == "controller_missing"
    _, listed = ask("GET", "/v1/tokens", token="jgb_admin")
    assert {"admin", "agency", "dashboard", "ci"} == {token["name"] for token in listed["tokens"]}
    assert made["api_token"] not in f"{listed}{items(aws, CATALOGUE)}{items(aws, LEDGER)}"
    assert ask("DELETE", f"/v1/tokens/{made['id']}", token="jgb_admin")[1]["name"] == "dashboard"
    assert CatalogueStore(aws.table(CATALOGUE)).find_api_token(made["api_token"]) is None
    assert ask("DELETE", f"/v1/tokens/{made['id']}", token="jgb_admin")[0] == 404
    assert [action for _, action, _, _ in changes(aws, "api_token", made["id"])] == ["key_added", "key_revoked"]
