"""A purpose that others name has to be there and live: refused at once, not found out by what is withheld."""

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from functions.manage_catalogue.handler import handler
from tests.component.managing import TOKEN, ask, give_token
from tests.conftest import Deployment
from tests.http_api import answer_by

ADS = {"name": {"en": "Advertising"}, "is_advertising": True}
OFF = {**ADS, "state": "disabled"}
HOOK: dict[str, Any] = {"name": "CRM", "url": "https://hooks.example.com/", "detail_types": ["Segment Entered"]}
NIGHT = {"start": "21:00", "end": "08:00", "zone": "Asia/Seoul", "channels": ["sms"]}
NAMING = {
    "/v1/destinations/crm": ({**HOOK, "purposes": ["news", "ads"]}, "purposes.1"),
    "/v1/policy-packs/kr": ({"name": "KR", "quiet_hours": {**NIGHT, "unless": "ads"}}, "quiet_hours.unless"),
    "/v1/sources/web": ({"name": "Web", "reduces_without": "ads"}, "reduces_without"),
}


@pytest.fixture(autouse=True)
def api(aws: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("functions.manage_catalogue.changing.check", lambda *_, **__: None)
    give_token(aws, TOKEN, "catalogue:read", "catalogue:write", "tokens:write", name="ci")
    assert put("purposes/news", {"name": {"en": "News"}})[0] == 200


def put(path: str, body: dict[str, Any], version: int = 0) -> tuple[int, dict[str, Any]]:
    return ask("PUT", f"/v1/{path}", {**body, "version": version})


def disabled(version: int = 1) -> tuple[int, dict[str, Any]]:
    return put("purposes/ads", OFF, version)


@pytest.mark.parametrize(("path", "body", "field"), [(path, *said) for path, said in NAMING.items()], ids=list(NAMING))
def test_what_names_a_purpose_is_refused_until_that_is_declared_and_live(
    path: str, body: dict[str, Any], field: str
) -> None:
    status, undeclared = ask("PUT", path, body)
    assert (status, undeclared["field"], undeclared["problems"][0]["code"]) == (400, field, "reference_unknown")
    assert put("purposes/ads", OFF)[0] == 200
    status, off = ask("PUT", path, body)
    assert (status, off["field"]) == (400, field)
    assert off["message"] == f"{field}: The purpose ads is disabled."
    assert off["fix"] == "Enable it first, or name another."
    assert put("purposes/ads", ADS, 1)[0] == 200
    assert ask("PUT", path, body)[0] == 200


def test_a_purpose_that_is_needed_can_be_neither_disabled_nor_deleted(aws: Deployment) -> None:
    put("purposes/ads", ADS)
    for path, (body, _) in NAMING.items():
        assert ask("PUT", path, body)[0] == 200
    token = ask("POST", "/v1/tokens", {"name": "bound", "scopes": ["catalogue:read"], "purposes": ["ads"]})[1]
    status, problem = disabled()
    told = [one["message"] for one in problem["problems"]]
    assert (status, problem["field"], problem["problems"][0]["code"]) == (400, "state", "still_referenced")
    assert {"The source web needs it.", "The destination crm needs it.", "The policy pack kr needs it."} < {*told}
    assert told[-1] == f"The API token bound ({token['id']}) is bound to it."
    assert "API token bound" in ask("DELETE", "/v1/purposes/ads")[1]["message"]
    ask("PUT", "/v1/destinations/crm", {**NAMING["/v1/destinations/crm"][0], "state": "disabled", "version": 1})
    ask("PUT", "/v1/sources/web", {"name": "Web", "version": 1})
    ask("DELETE", "/v1/policy-packs/kr")
    ask("DELETE", f"/v1/tokens/{token['id']}")
    assert disabled()[0] == 200  # what is disabled itself needs nothing


def test_a_token_is_bound_to_purposes_that_are_live_alone() -> None:
    body = {"name": "bound", "scopes": ["catalogue:read"], "purposes": ["news", "ads"]}
    status, unknown = ask("POST", "/v1/tokens", body)
    assert (status, unknown["field"], unknown["fix"]) == (400, "purposes.1", "One of: news.")
    put("purposes/ads", OFF)
    status, off = ask("POST", "/v1/tokens", body)
    assert (status, off["field"], off["message"]) == (400, "purposes.1", "This purpose is disabled.")


FILES = {
    "purposes/news.yaml": "name: {en: News}\n",
    "purposes/ads.yaml": "name: {en: Advertising}\n",
    "destinations/crm.yaml": "name: CRM\nurl: https://hooks.example.com/\ndetail_types: [Segment Entered]\n"
    "purposes:\n  - news\n  - ads\n",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    answer_by(monkeypatch, handler)
    monkeypatch.setenv("JOGAKBO_API_URL", "https://api.example.com")
    monkeypatch.setenv("JOGAKBO_API_TOKEN", TOKEN)
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert run("apply", tmp_path, "--yes").exit_code == 0
    return tmp_path


def run(*arguments: Any) -> Result:
    return CliRunner().invoke(app, [str(one) for one in arguments])


def test_files_that_disable_what_others_need_are_told_with_their_place(folder: Path) -> None:
    off = folder / "purposes/ads.yaml"
    off.write_text("name: {en: Advertising}\nstate: disabled\n")
    assert "destinations/crm.yaml:6: `purposes.1`: The purpose ads is disabled." in run("plan", folder).stderr
    (folder / "destinations/crm.yaml").rename(folder / "crm.txt")
    assert "purposes/ads.yaml:2: `state`: The destination crm needs it." in run("plan", folder).stderr
    ask("POST", "/v1/tokens", {"name": "bound", "scopes": ["catalogue:read"], "purposes": ["ads"]})
    (folder / "crm.txt").rename(folder / "destinations/crm.yaml")
    crm = (folder / "destinations/crm.yaml").read_text()
    (folder / "destinations/crm.yaml").write_text(crm.replace("  - ads\n", ""))
    assert "`state`: The API token bound" in run("plan", folder).stderr


def test_one_apply_lets_go_of_a_purpose_and_disables_it(folder: Path) -> None:
    (folder / "purposes/ads.yaml").write_text("name: {en: Advertising}\nstate: disabled\n")
    crm = (folder / "destinations/crm.yaml").read_text()
    (folder / "destinations/crm.yaml").write_text(crm.replace("  - ads\n", ""))
    applied = run("apply", folder, "--yes")
    assert applied.exit_code == 0, applied.output
    assert applied.output.index("done ~ destination crm") < applied.output.index("done ~ purpose ads")
    (folder / "purposes/ads.yaml").write_text(FILES["purposes/ads.yaml"])
    (folder / "destinations/crm.yaml").write_text(crm)
    assert run("apply", folder, "--yes").exit_code == 0


def test_one_apply_deletes_what_needed_a_purpose_and_disables_it(folder: Path) -> None:
    (folder / "purposes/ads.yaml").write_text("name: {en: Advertising}\nstate: disabled\n")
    (folder / "destinations/crm.yaml").unlink()
    applied = run("apply", folder, "--yes", "--delete")
    assert applied.exit_code == 0, applied.output
