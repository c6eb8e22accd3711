"""The `jogakbo` commands for sources, keys and destinations, against the real handler over moto."""

import json
import re
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from typer.testing import CliRunner, Result

from cli import access
from cli.main import app
from functions.manage_catalogue.handler import handler
from shared.contracts.samples import NOBODY
from shared.domain.destination_rules import LIST_TAKES
from shared.domain.destinations import Destination, ListSettings, PayloadField, StreamSettings
from shared.domain.partners import ENDED
from shared.domain.purposes import Purpose
from shared.domain.sources import Source
from shared.domain.times import to_text
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.keys import secret_hash
from shared.stores.tables import CATALOGUE
from tests.component.managing import TOKEN, give_token
from tests.conftest import Deployment
from tests.http_api import answer_by
from tests.pipeline import kinesis_records, record_bytes, stored, track
from tests.segments import BOUGHT_ONCE

ARGUMENTS = ("--fact", "Segment Entered", "--purpose", "Ads", "--identifier", "email", "--trait", "city")


@pytest.fixture(autouse=True)
def an_api(aws: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """The wide terminal keeps lines whole."""
    give_token(aws, TOKEN, "catalogue:read", "catalogue:write")
    answer_by(monkeypatch, handler)
    monkeypatch.setenv("JOGAKBO_API_URL", "https://api.example.com")
    monkeypatch.setenv("JOGAKBO_API_TOKEN", TOKEN)
    monkeypatch.setattr(access.console, "width", 400)
    monkeypatch.setattr("functions.manage_catalogue.changing.check", lambda *_, **__: None)


@pytest.fixture
def catalogue(aws: Deployment) -> CatalogueStore:
    return CatalogueStore(aws.table(CATALOGUE))


def run(*arguments: str, answer: str = "") -> Result:
    return CliRunner().invoke(app, arguments, input=answer)


def said(result: Result, name: str) -> str:
    found = re.search(rf"{name} +(\S+)", result.output)
    assert found, result.output
    return found[1]


def test_a_source_is_added_with_a_key_that_works_shown_changed_and_removed(catalogue: CatalogueStore) -> None:
    added = run("source", "add", "web", "--name", "Web shop", "--kind", "web", "--owner", "growth")
    assert added.exit_code == 0, added.output
    found = catalogue.find_write_key(said(added, "write_key"))
    assert found is not None
    assert found.source_id == "web"
    assert json.loads(run("source", "show", "web").output)["owner"] == "growth"
    changed = run("source", "set", "web", "--disabled", "--allow-origin", "https://shop.example", "--truncate-ip")
    assert changed.exit_code == 0, changed.output
    source = catalogue.find(Source, "web")
    assert source is not None
    assert (source.state, source.allowed_origins, source.truncates_ip) == ("disabled", ("https://shop.example",), True)
    assert (source.name, source.owner, source.version) == ("Web shop", "growth", 2)
    run("source", "set", "web", "--live", "--allow-origin", "")
    source = catalogue.find(Source, "web")
    assert source is not None
    assert (source.state, source.allowed_origins) == ("live", ())
    assert run("source", "remove", "web", answer="n\n").exit_code == 1
    assert run("source", "remove", "web", "--yes").exit_code == 0
    assert catalogue.find(Source, "web") is None


def test_a_source_that_sends_without_a_key_gets_none(catalogue: CatalogueStore) -> None:
    added = run("source", "add", "crm", "--kind", "webhook")
    assert added.exit_code == 0
    assert "write_key" not in added.output
    assert list(catalogue.write_keys_of("crm")) == []


def test_a_name_is_printed_as_it_was_given() -> None:
    run("source", "add", "shop", "--name", "[/bold] [red]shop[/red] 🧵")
    assert "[/bold] [red]shop[/red] 🧵" in run("source", "list").output


def test_a_key_is_rotated_by_making_one_and_revoking_the_other(catalogue: CatalogueStore) -> None:
    old = said(run("source", "add", "web"), "write_key")
    new = said(run("source", "key", "add", "web"), "write_key")
    listed = run("source", "key", "list", "web").output
    assert listed.count("live") == 2
    assert old not in listed
    (old_id,) = (hashed[:12] for hashed, key in catalogue.write_keys_of("web") if catalogue.find_write_key(old) == key)
    assert run("source", "key", "revoke", "web", old_id, answer="n\n").exit_code == 1
    assert run("source", "key", "revoke", "web", old_id, "--yes").exit_code == 0
    states = [catalogue.find_write_key(key) for key in (old, new)]
    assert [key.state if key else None for key in states] == ["disabled", "live"]
    assert run("source", "key", "revoke", "web", "000000000000", "--yes").exit_code == 1


def test_a_source_that_is_there_or_bad_is_refused_in_a_sentence_with_a_remedy() -> None:
    run("source", "add", "web")
    for arguments in (("web",), ("Web Shop",), ("app", "--kind", "fax")):
        result = run("source", "add", *arguments)
        assert result.exit_code == 1
        assert len(result.stderr.splitlines()) == 1, result.stderr
    assert run("source", "set", "nowhere", "--live").exit_code == 1
    assert run("source", "set", "web", "--mapping", "nowhere").exit_code == 1


def test_health_says_what_came_how_it_ended_and_what_was_wrong(aws: Deployment) -> None:
    run("source", "add", "web", "--owner", "growth")
    assert "not in eight days" in run("source", "health", "web").output
    now = datetime.now(UTC)
    record = record_bytes(track(), {"type": "track"}, source_id="web", received_at=to_text(now))
    stored(kinesis_records(record))
    told = run("source", "health", "web").output
    assert "owner growth, kept 365 days" in told
    assert "2 received: 1 stored, 0 duplicate, 1 quarantined" in told
    assert "adds up" in told
    assert "quarantined" in told


def test_a_destination_is_added_with_a_secret_of_its_own_listed_rotated_and_removed(catalogue: CatalogueStore) -> None:
    adding = ("destination", "add", "crm", "--name", "CRM", "--url", "https://hooks.example.com/", *ARGUMENTS)
    early = run(*adding)
    assert (early.exit_code, "There is no purpose Ads." in early.stderr) == (1, True)
    catalogue.put(Purpose("Ads", {"en": "Ads"}))
    added = run(*adding)
    assert added.exit_code == 0, added.output
    made = catalogue.find(Destination, "crm")
    assert made is not None
    assert (made.detail_types, made.purposes) == (("Segment Entered",), ("Ads",))
    assert (made.identifiers, made.traits) == (("email",), ("city",))
    assert made.secret_name.startswith("jogakbo/test/destinations/crm/")
    secrets = boto3.client("secretsmanager")
    first = said(added, "secret")
    assert json.loads(secrets.get_secret_value(SecretId=made.secret_name)["SecretString"]) == [first]
    assert "https://hooks.example.com/" in run("destination", "list").output
    second = said(run("destination", "rotate", "crm"), "secret")
    assert json.loads(secrets.get_secret_value(SecretId=made.secret_name)["SecretString"]) == [second, first]
    assert run("destination", "add", "crm", "--url", "https://hooks.example.com/").exit_code == 1
    assert run("destination", "remove", "crm", answer="n\n").exit_code == 1
    assert run("destination", "remove", "crm", "--yes").exit_code == 0
    assert list(catalogue.list(Destination)) == []
    below = [{"Key": "name", "Values": ["jogakbo/test/destinations/"]}]
    assert secrets.list_secrets(Filters=below)["SecretList"] == []


def test_a_stream_and_a_list_are_added_by_their_flags_and_what_is_wrong_is_said_of_the_flag(
    catalogue: CatalogueStore,
) -> None:
    arn = "arn:aws:sqs:eu-west-1:111122223333:facts"
    added = run("destination", "add", "warehouse", "--stream", arn, "--facts-per-second", "5")
    assert (added.exit_code, f"has to name {arn}" in added.output) == (0, True), added.output
    stream = catalogue.find(Destination, "warehouse")
    assert stream is not None
    assert (stream.kind, stream.stream, stream.facts_per_second) == ("stream", StreamSettings(arn), 5)
    catalogue.put(BOUGHT_ONCE)
    flags = ("--identifier", "email", "--field", "Email=identifiers.email:sha256", "--most-seconds", "10")
    added = run("destination", "add", "ads", "--segment", "bought_once", *flags)
    assert (added.exit_code, "outbound/ads/" in added.output) == (0, True), added.output
    ads = catalogue.find(Destination, "ads")
    assert ads is not None
    assert (ads.s3_list, ads.detail_types) == (ListSettings("bought_once", 1000, 10), LIST_TAKES)
    assert ads.fields == (PayloadField("Email", "identifiers.email", "sha256"),)
    for wrong, told in (
        (("--stream", "facts"), "--stream: “facts” is neither a queue nor a stream. Remedy: arn:aws:sqs"),
        (("--segment", "bought_once"), "--identifier: Nobody can be put on a list by nothing."),
        (("--segment", "nobody", *flags), "--segment: There is no segment nobody."),
        (("--segment", "bought_once", *flags, "--most-facts", "0"), "--most-facts: This is no number of changes."),
        (("--segment", "bought_once", "--stream", arn), "Say one: --url"),
        ((), "Say one: --url"),
        (("--url", "https://x.example/", "--most-facts", "5"), "need"),
        (("--url", "https://x.example/", "--field", "email"), "Write it as em=identifiers.email:sha256"),
    ):
        refused = run("destination", "add", "other", *wrong)
        assert (refused.exit_code != 0, told in " ".join(refused.stderr.split())) == (True, True), refused.stderr
    assert catalogue.find(Destination, "other") is None


def test_where_the_list_of_destinations_is_narrow_ids_and_urls_stay_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    run("destination", "add", "crm", "--url", "https://hooks.example.com/jogakbo")
    monkeypatch.setattr(access.console, "width", 80)
    assert "…" not in run("destination", "list").output


def test_a_fact_nobody_publishes_is_refused() -> None:
    result = run("destination", "add", "x", "--url", "https://x.example/", "--fact", "Rumour")
    assert result.exit_code == 1
    assert "Segment Entered" in result.stderr


def test_api_tokens_are_listed_and_revoked_by_their_id(aws: Deployment, catalogue: CatalogueStore) -> None:
    give_token(aws, TOKEN, "tokens:write")
    give_token(aws, "jgb_other", "profiles:read", name="an old laptop")
    listed = run("token", "list").output
    assert "an old laptop" in listed
    assert "jgb_" not in listed
    token_id = secret_hash("jgb_other")[:12]
    assert token_id in listed
    assert run("token", "revoke", token_id, answer="n\n").exit_code == 1
    assert run("token", "revoke", token_id, "--yes").exit_code == 0
    assert catalogue.find_api_token("jgb_other") is None


def test_a_partner_that_nobody_could_tell_anything_and_times_that_are_none_are_refused_in_words() -> None:
    where = ("--account", "222222222222", "--in", "ap-northeast-2")
    assert "Name the facts to tell" in run("partner", "add", "acme", *where, "--events", " ,").output
    assert (
        "account of 12 digits"
        in run("partner", "add", "acme", *where[2:], "--account", "1", "--events", "Traits Changed").output
    )
    assert "yesterday is no time" in run("deliveries", "redeliver", "crm", "--since", "yesterday").output


def test_a_redelivery_takes_times_as_every_command_does(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, str]] = []
    monkeypatch.setattr("cli.api.Api.post", lambda _, __, body: asked.append(body) or {"id": "one"})
    monkeypatch.setattr("cli.api.Api.get", lambda _, path: {"id": path, "kind": "partner_bus"})
    for command in (("deliveries", "redeliver"), ("partner", "replay")):
        run(*command, "crm", "--since", "2026-11-21T09:30+09:00", "--until", "2026-11-21T09")
    assert asked == [{"since": "2026-11-21T00:30:00.000Z", "until": "2026-11-21T09:00:00.000Z"}] * 2


def test_the_receipt_of_a_partner_that_never_was_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.api.Api.pages", lambda *_: iter(()))
    assert "Nothing is known of a partner nobody" in run("partner", "receipt", "nobody").output


def test_the_receipt_of_a_partner_counts_facts_by_how_they_ended_and_tests_apart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ends = (("delivered", "p1"), ("withheld", "p2"), ("delivered", NOBODY), ("failed", NOBODY))
    facts: list[dict[str, Any]] = [
        {"status": s, "profile_id": p, "detail_type": "Segment Entered", "at": f"{n}", "counts": {}}
        for n, (s, p) in enumerate(ends)
    ]
    in_bulk = {"status": "delivered", "profile_id": "", "detail_type": "Segment Changed In Bulk", "at": "5"}
    facts.append({**in_bulk, "counts": {"entered": 40, "exited": 2, "withheld:suppressed": 1}})
    facts.append({"status": "delivered", "profile_id": "", "detail_type": ENDED, "at": "9", "reason": None})
    monkeypatch.setattr("cli.api.Api.pages", lambda _, path, *__: iter(facts if "deliveries" in path else ()))
    told = [line.rsplit(maxsplit=1) for line in run("partner", "receipt", "acme").output.splitlines()]
    assert {name.strip(): value for name, value in told} == {
        "delivered": "2", "withheld": "1", "tests": "2", "people in files": "42",
        "last fact": "5", "ended": "9", "said": "delivered",
    }  # fmt: skip
