"""`jogakbo export`, `plan` and `apply` against the real handler over moto: the same files make the same catalogue."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from cli import access
from cli.main import app
from functions.manage_catalogue.handler import handler
from shared.domain.catalogue import KINDS
from shared.domain.destinations import Destination
from shared.domain.sources import Source
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.tables import CATALOGUE
from tests.component.managing import TOKEN, ask, give_token
from tests.conftest import Deployment
from tests.http_api import answer_by
from tests.pipeline import items

FILES = {
    "retention-classes/long.yaml": "days: 730\n",
    "mappings/crm.yaml": """\
name: CRM rows
rules:
  - op: rename
    from: customer_no
    to: userId
  - op: cast
    field: total
    as: number
""",
    "tracking-plans/shop.yaml": """\
name: Shop
events:
  Order Completed:
    type: object
    required: [total]
    properties:
      total: {type: number}
invalid: quarantine
""",
    "sources/web.yaml": """\
# The shop's own pages.
name: Web shop
kind: web
owner: growth
retention_class: long
tracking_plan: shop
allowed_origins: ["https://shop.example"]
""",
    "sources/crm.yaml": "name: CRM\nkind: file\nmapping: crm\n",
    "destinations/partner.yaml": "name: Partner\nurl: https://hooks.example.com/\ndetail_types: [Segment Entered]\n",
}


@pytest.fixture(autouse=True)
def an_api(aws: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    give_token(aws, TOKEN, "catalogue:read", "catalogue:write", name="ci")
    answer_by(monkeypatch, handler)
    monkeypatch.setenv("JOGAKBO_API_URL", "https://api.example.com")
    monkeypatch.setenv("JOGAKBO_API_TOKEN", TOKEN)
    monkeypatch.setattr(access.console, "width", 400)
    monkeypatch.setattr("functions.manage_catalogue.changing.check", lambda *_, **__: None)


@pytest.fixture
def catalogue(aws: Deployment) -> CatalogueStore:
    return CatalogueStore(aws.table(CATALOGUE))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The files above."""
    for name, text in FILES.items():
        write(tmp_path / "configuration" / name, text)
    return tmp_path / "configuration"


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def run(*arguments: Any, answer: str = "") -> Result:
    return CliRunner().invoke(app, [str(one) for one in arguments], input=answer)


def texts(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*.yaml"))}


def emptied(aws: Deployment) -> None:
    """Another deployment: nothing but the token."""
    for item in items(aws, CATALOGUE):
        if item["pk"] in KINDS:
            boto3.resource("dynamodb").Table(aws.table(CATALOGUE)).delete_item(Key={"pk": item["pk"], "sk": item["sk"]})


def test_a_folder_is_planned_applied_and_then_there_is_nothing_to_do(folder: Path, catalogue: CatalogueStore) -> None:
    planned = run("plan", folder)
    assert planned.exit_code == 2, planned.output
    assert "6 to create." in planned.output
    assert "+ source web" in planned.output
    assert list(catalogue.list(Source)) == []
    assert run("apply", folder, answer="n\n").exit_code == 1
    assert list(catalogue.list(Source)) == []
    applied = run("apply", folder, "--yes")
    assert applied.exit_code == 0, applied.output
    assert "Applied 6 of 6." in applied.output
    web = catalogue.find(Source, "web")
    assert web is not None
    assert (web.retention_class, web.tracking_plan, web.allowed_origins) == ("long", "shop", ("https://shop.example",))
    again = run("plan", folder)
    assert (again.exit_code, "Nothing to do" in again.output) == (0, True)
    assert run("apply", folder).exit_code == 0


def test_what_is_referred_to_is_made_first_and_a_secret_is_shown_once(folder: Path, catalogue: CatalogueStore) -> None:
    applied = run("apply", folder, "--yes").output
    done = re.findall(r"^done \+ (\S+) (\S+)$", applied, re.MULTILINE)
    assert done.index(("mapping", "crm")) < done.index(("source", "crm"))
    assert done.index(("retention_class", "long")) < done.index(("source", "web"))
    assert applied.count("whsec_") == 1
    assert "jogakbo source key add web" in applied
    assert "whsec_" not in run("plan", folder).output


def test_a_change_is_shown_field_by_field_before_it_is_made(folder: Path, catalogue: CatalogueStore) -> None:
    run("apply", folder, "--yes")
    write(folder / "sources/web.yaml", FILES["sources/web.yaml"].replace("growth", "sales") + "truncates_ip: true\n")
    write(folder / "mappings/crm.yaml", FILES["mappings/crm.yaml"].replace("number", "integer"))
    planned = run("plan", folder)
    assert planned.exit_code == 2
    assert "2 to change." in planned.output
    assert '    owner: "growth" → "sales"' in planned.output
    assert "    truncates_ip: true" in planned.output
    assert '    rules.1.as: "number" → "integer"' in planned.output
    assert run("apply", folder, "--yes").exit_code == 0
    web = catalogue.find(Source, "web")
    assert web is not None
    assert (web.owner, web.truncates_ip, web.version) == ("sales", True, 2)


def test_what_no_file_has_stays_unless_it_is_asked_for(folder: Path, catalogue: CatalogueStore) -> None:
    run("apply", folder, "--yes")
    for gone in ("sources/crm.yaml", "mappings/crm.yaml", "destinations/partner.yaml"):
        (folder / gone).unlink()
    planned = run("plan", folder)
    assert planned.exit_code == 0
    assert "destination partner, mapping crm, source crm" in planned.output
    assert run("apply", folder, "--yes").exit_code == 0
    assert catalogue.find(Source, "crm") is not None
    asked = run("plan", folder, "--delete")
    assert (asked.exit_code, "3 to delete." in asked.output) == (2, True)
    assert run("apply", folder, "--delete", "--yes").exit_code == 0
    assert catalogue.find(Source, "crm") is None
    assert list(catalogue.list(Destination)) == []


def test_an_export_applied_elsewhere_and_exported_again_gives_the_same_bytes(
    aws: Deployment, folder: Path, tmp_path: Path
) -> None:
    run("apply", folder, "--yes")
    assert run("export", tmp_path / "first").exit_code == 0
    emptied(aws)
    assert run("apply", tmp_path / "first", "--yes").exit_code == 0
    run("export", tmp_path / "second")
    assert texts(tmp_path / "first") == texts(tmp_path / "second")
    assert len(texts(tmp_path / "first")) == len(FILES)
    everything = b"".join(texts(tmp_path / "first").values())
    assert b"secret" not in everything
    assert b"version" not in everything


def test_an_export_leaves_files_that_say_the_same_as_they_are(folder: Path) -> None:
    run("apply", folder, "--yes")
    before = texts(folder)
    exported = run("export", folder)
    assert "0 written, 6 unchanged." in exported.output
    assert texts(folder) == before
    ask("PUT", "/v1/sources/app", {"name": "App"})
    ask("DELETE", "/v1/destinations/partner")
    exported = run("export", folder)
    assert "1 written, 5 unchanged." in exported.output
    assert (folder / "sources/app.yaml").is_file()
    assert "destinations/partner.yaml" in exported.output
    assert (folder / "destinations/partner.yaml").is_file()
    run("export", folder, "--delete")
    assert not (folder / "destinations/partner.yaml").exists()


names = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]), min_size=1, max_size=20)
sources = st.fixed_dictionaries(
    {"name": names.filter(str.strip)},
    optional={
        "owner": names,
        "state": st.sampled_from(["live", "disabled"]),
        "sensitivity": st.sampled_from(["ordinary", "personal", "sensitive"]),
        "events_per_second": st.integers(0, 10_000),
        "truncates_ip": st.booleans(),
        "allowed_origins": st.lists(st.just("https://a.example"), max_size=2),
    },
)
plans = st.fixed_dictionaries(
    {"name": st.just("Plan")},
    optional={"events": st.dictionaries(names, st.just({"type": "object", "title": "no"}), max_size=2)},
)


@given(st.dictionaries(st.from_regex(r"[a-z0-9_][a-z0-9_-]{0,8}", fullmatch=True), sources | plans, max_size=3))
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_round_trip_holds_for_any_items(
    aws: Deployment, tmp_path_factory: pytest.TempPathFactory, made: dict[str, Any]
) -> None:
    emptied(aws)
    for item_id, body in made.items():
        path = "tracking-plans" if body["name"] == "Plan" and "events" in body else "sources"
        assert ask("PUT", f"/v1/{path}/{item_id}", body)[0] == 200
    first, second = tmp_path_factory.mktemp("first"), tmp_path_factory.mktemp("second")
    run("export", first)
    assert run("plan", first).exit_code == 0
    emptied(aws)
    assert run("apply", first, "--yes").exit_code == 0
    run("export", second)
    assert texts(first) == texts(second)
    assert len(texts(first)) == len(made)


BAD: list[tuple[str, str, str]] = [
    ("sources/web.yaml", "name: Web\nkind: fax\n", "sources/web.yaml:2: `kind`"),
    ("sources/web.yaml", "name: Web\nowners: growth\n", "sources/web.yaml:2: `owners`"),
    ("sources/web.yaml", "kind: web\n", "sources/web.yaml:1: `name`"),
    ("sources/web.yaml", "name: Web\nversion: 3\n", "sources/web.yaml:2: `version`"),
    ("sources/web.yaml", "name: Web\nmapping: nowhere\n", "sources/web.yaml:2: `mapping`"),
    ("sources/web.yaml", "name: Web\nname: Shop\n", "sources/web.yaml:2: `name` stands twice"),
    ("sources/web.yaml", "? [name]\n: Web\n", "sources/web.yaml:1: found unhashable key"),
    ("sources/web.yaml", "name: [Web\n", "sources/web.yaml:2:"),
    ("sources/web.yaml", "name: Web\n\tkind: web\n", "sources/web.yaml:2:"),
    ("sources/web.yaml", "- name\n", "sources/web.yaml:1:"),
    ("sources/web.yaml", "name: &a [*a]\n", "sources/web.yaml"),
    ("sources/web.yaml", "", "sources/web.yaml:1: `name`"),
    ("sources/Web.yaml", "name: Web\n", "sources/Web.yaml"),
    ("sources/web.yml", "name: Web\n", "name it web.yaml"),
    ("surces/web.yaml", "name: Web\n", "names no kind"),
    (
        "mappings/crm.yaml",
        "name: CRM\nrules:\n  - op: drop\n    field: a\n  - op: lift\n",
        "mappings/crm.yaml:5: `rules.1`",
    ),
    ("tracking-plans/s.yaml", "name: S\nevents:\n  Order:\n    type: nothing\n", "tracking-plans/s.yaml:4:"),
    ("destinations/d.yaml", "name: D\nurl: https://x.example/\ndetail_types: [Rumour]\n", "destinations/d.yaml:3:"),
]


@pytest.mark.parametrize(("name", "text", "place"), BAD, ids=[f"{text!r:.30}" for _, text, _ in BAD])
def test_what_is_wrong_in_a_file_is_told_with_its_place_and_nothing_is_changed(
    folder: Path, catalogue: CatalogueStore, name: str, text: str, place: str
) -> None:
    write(folder / name, text)
    for command in (("plan", folder), ("apply", folder, "--yes")):
        result = run(*command)
        assert result.exit_code == 1
        assert place in result.stderr, result.stderr
    assert list(catalogue.list(Source)) == []


def test_what_is_not_utf_8_is_told_with_its_file(folder: Path) -> None:
    (folder / "sources/web.yaml").write_bytes(b"name: \xff\n")
    result = run("plan", folder)
    assert (result.exit_code, "sources/web.yaml" in result.stderr) == (1, True)


def test_every_file_is_told_of_at_once(folder: Path) -> None:
    write(folder / "sources/web.yaml", "kind: fax\n")
    write(folder / "retention-classes/long.yaml", "days: 0\n")
    told = run("plan", folder).stderr
    assert "sources/web.yaml:1" in told
    assert "retention-classes/long.yaml:1: `days`" in told


def test_where_a_url_leads_is_told_by_the_plan(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: Any, **__: Any) -> None:
        raise OSError("Name or service not known")

    monkeypatch.setattr("functions.manage_catalogue.changing.check", unknown)
    result = run("plan", folder)
    assert result.exit_code == 1
    assert "destinations/partner.yaml:2: `url`" in result.stderr


def test_a_folder_that_is_not_there_is_told_with_a_remedy(tmp_path: Path) -> None:
    result = run("plan", tmp_path / "nowhere")
    assert (result.exit_code, "jogakbo export" in result.stderr) == (1, True)


@pytest.fixture
def somebody_else(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Changes source crm between the plan and its turn."""
    real = httpx.request

    def request(method: str, url: str, **options: Any) -> httpx.Response:
        if method == "PUT" and url.endswith("/sources/crm") and not options["params"]:
            monkeypatch.setattr(httpx, "request", real)
            version = ask("GET", "/v1/sources/crm")[1].get("version", 0)
            assert ask("PUT", "/v1/sources/crm", {"name": "Theirs", "version": version})[0] == 200
        return real(method, url, **options)

    monkeypatch.setattr(httpx, "request", request)
    yield
    monkeypatch.setattr(httpx, "request", real)


@pytest.mark.usefixtures("somebody_else")
def test_a_racing_change_stops_it_cleanly_and_what_was_done_is_said(folder: Path, catalogue: CatalogueStore) -> None:
    result = run("apply", folder, "--yes")
    assert result.exit_code == 1
    assert re.search(r"Stopped at source crm after \d of 6 steps: 409", result.stderr)
    assert "Not done: source crm, source web, destination partner." in result.stderr
    theirs = catalogue.find(Source, "crm")
    assert theirs is not None
    assert theirs.name == "Theirs"
    assert catalogue.find(Source, "web") is None
    left = run("plan", folder)
    assert "2 to create, 1 to change." in left.output
    assert '    name: "Theirs" → "CRM"' in left.output
