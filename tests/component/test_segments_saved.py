"""The real handler of manage_catalogue over moto: what a segment may say beside what there is, and its life."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from cli.main import app
from functions.manage_catalogue.handler import handler
from functions.manage_catalogue.routing import changing
from functions.manage_catalogue.settings import settings
from tests.component.managing import TOKEN, ask, give_token
from tests.conftest import Deployment
from tests.http_api import answer_by

OTHER = "jgb_of-somebody-else"
CITY: dict[str, Any] = {"trait": "city", "type": "text", "operator": "eq", "value": "Seoul"}


@pytest.fixture(autouse=True)
def tokens(aws: Deployment) -> None:
    give_token(aws, TOKEN, "catalogue:read", "catalogue:write", name="mina")
    give_token(aws, OTHER, "catalogue:read", "catalogue:write", name="joon")


def save(item_id: str, where: Any, state: str = "live", version: int = 0, token: str = TOKEN, **more: Any) -> Any:
    body = {"name": item_id, "where": where, "state": state, "version": version, **more}
    return ask("PUT", f"/v1/segments/{item_id}", body, token)


def test_flaws_are_told_with_their_pointers_whoever_finds_them() -> None:
    number = {**CITY, "type": "number", "operator": "gte"}
    status, problem = save("vip", {"op": "and", "of": [number, {"event": "Bought", "window": {"last": "P1M"}}]})
    assert (status, problem["code"], problem["field"]) == (400, "item_invalid", "where.of.0.value")
    assert [one["pointer"] for one in problem["problems"]] == ["/where/of/0/value", "/where/of/1/window/last"]
    status, problem = save("vip", {"op": "and", "of": [{**number, "operator": "matches"}, {"event": 5}, {}]})
    pointers = ["/where/of/0/operator", "/where/of/1/event", "/where/of/2"]
    assert [one["pointer"] for one in problem["problems"]] == pointers
    status, problem = save("vip", {"op": "or", "of": [CITY] * 2500})
    assert (status, [one["pointer"] for one in problem["problems"]]) == (400, ["/where"])
    deep: Any = CITY
    for _ in range(25):
        deep = {"op": "not", "of": [deep]}
    assert save("vip", deep)[1]["problems"][0]["pointer"] == "/where" + "/of/0" * 6
    status, problem = save("vip", {"op": "or", "of": [{"consent": "ads"}, {"segment": "big"}]})
    assert [(one["code"], one["pointer"]) for one in problem["problems"]] == [
        ("reference_unknown", "/where/of/0/consent"),
        ("reference_unknown", "/where/of/1/segment"),
    ]


def test_a_true_that_becomes_a_1_is_a_change_and_a_1_that_is_written_otherwise_is_none() -> None:
    tagged = {"trait": "tags", "type": "list", "operator": "contains", "value": True}
    assert save("vip", tagged)[0] == 200
    for value, before, after in ((1, 1, 2), (1.0, 2, 2), (True, 2, 3)):
        assert save("vip", {**tagged, "value": value}, version=before)[1]["version"] == after


def test_what_a_live_segment_asks_for_stays_and_a_circle_is_refused() -> None:
    assert ask("PUT", "/v1/purposes/ads", {"name": {"en": "Advertising"}})[0] == 200
    assert save("big", CITY, "draft")[0] == 200
    where = {"op": "or", "of": [{"consent": "ads"}, {"segment": "big"}]}
    assert save("vip", where)[1]["fix"] == "Make it live first, or name another."
    assert save("big", CITY, "live", 1)[0] == 200
    status, vip = save("vip", where)
    assert (status, vip["definition"]) == (200, ask("GET", "/v1/segments")[1]["items"][1]["definition"])
    assert ask("PUT", "/v1/segments/vip", {**vip, "name": "Renamed"})[1]["definition"] == vip["definition"]
    assert ask("PUT", "/v1/segments/vip", {**vip, "version": 2})[0] == 200
    status, problem = save("big", {"op": "not", "of": [{"segment": "vip"}]}, "live", 2)
    assert (status, [one["pointer"] for one in problem["problems"]]) == (400, ["/where/of/0/segment"])
    assert save("big", CITY, "archived", 2)[1]["message"] == "state: The segment vip needs it."
    status, problem = ask("PUT", "/v1/purposes/ads", {"name": {"en": "A"}, "state": "disabled", "version": 1})
    assert (status, problem["message"]) == (400, "state: The segment vip needs it.")
    assert ask("DELETE", "/v1/purposes/ads")[0] == 409
    assert save("vip", where, "archived", 3)[0] == 200
    assert ask("DELETE", "/v1/purposes/ads")[0] == 200


def test_an_id_that_had_members_is_taken_for_good() -> None:
    assert save("vip", CITY, "draft")[0] == 200
    assert ask("DELETE", "/v1/segments/vip")[0] == 200
    assert save("vip", CITY)[0] == 200
    status, problem = ask("DELETE", "/v1/segments/vip")
    assert (status, problem["code"]) == (409, "segment_had_members")
    assert save("vip", CITY, "draft", 1)[1]["fix"] == "It can become paused or archived."
    assert save("vip", CITY, "archived", 1)[0] == 200
    assert save("vip", CITY, "live", 2)[0] == 400
    assert ask("DELETE", "/v1/segments/vip")[0] == 409
    assert save("vip", CITY)[0] == 409


def test_where_segments_need_approval_two_people_make_one_live(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEGMENTS_NEED_APPROVAL", "true")
    settings.cache_clear()
    changing.cache_clear()
    assert save("vip", CITY)[1]["problems"][0]["pointer"] == "/state"
    assert save("vip", CITY, "draft")[0] == 200
    assert save("vip", CITY, "live", 1)[1]["message"] == "state: mina wrote it, and can't approve it."
    assert save("vip", {**CITY, "value": "Busan"}, "live", 1, OTHER)[0] == 400
    assert save("vip", CITY, "draft", 1, OTHER, description="Looked at")[0] == 200
    assert save("vip", CITY, "live", 2)[0] == 400  # who changed a description isn't who wrote it
    assert save("vip", CITY, "live", 2, OTHER)[0] == 200
    assert save("vip", {**CITY, "value": "Busan"}, "live", 3)[0] == 400
    assert save("vip", {**CITY, "value": "Busan"}, "paused", 3)[0] == 200
    assert save("vip", {**CITY, "value": "Busan"}, "live", 4)[0] == 400
    assert save("vip", {**CITY, "value": "Busan"}, "live", 4, OTHER)[0] == 200
    settings.cache_clear()
    changing.cache_clear()


def test_a_query_of_react_querybuilder_is_saved_as_a_draft_and_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer_by(monkeypatch, handler)
    monkeypatch.setenv("JOGAKBO_API_URL", "https://api.example.com")
    monkeypatch.setenv("JOGAKBO_API_TOKEN", TOKEN)
    file, fields = tmp_path / "query.json", tmp_path / "fields.json"
    rule = {"field": "age", "operator": "between", "value": "18,30"}
    file.write_text(json.dumps({"combinator": "and", "rules": [rule]}))
    fields.write_text(json.dumps([{"name": "age", "inputType": "number"}]))

    def run(*arguments: Any) -> tuple[int, str]:
        found = CliRunner().invoke(app, ["segment", *map(str, arguments)])
        return found.exit_code, found.output

    code, said = run("import", "young", file)
    assert (code, "/rules/0/operator: A text has no “between”." in said) == (1, True)
    code, said = run("import", "young", file, "--fields", fields, "--print")
    assert (code, yaml.safe_load(said)["where"]["value"]) == (0, [18, 30])
    assert run("import", "young", file, "--fields", fields, "--name", "Young")[0] == 0
    saved = ask("GET", "/v1/segments/young")[1]
    assert (saved["state"], saved["name"], saved["where"]["trait"]) == ("draft", "Young", "age")
    code, said = run("export", "young")
    assert code == 0
    file.write_text(said)
    assert run("import", "young", file)[0] == 0
    assert ask("GET", "/v1/segments/young")[1] == saved
    assert save("late", {"seen": "last", "window": {"last": "P7D"}})[0] == 200
    code, said = run("export", "late")
    assert (code, "late: /seen:" in said) == (1, True)
    file.write_text("{")
    assert run("import", "young", file)[0] == 1


def test_files_of_segments_that_ask_for_each_other_are_applied_in_their_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer_by(monkeypatch, handler)
    monkeypatch.setenv("JOGAKBO_API_URL", "https://api.example.com")
    monkeypatch.setenv("JOGAKBO_API_TOKEN", TOKEN)
    folder = tmp_path / "segments"
    folder.mkdir()
    live = "name: S\nstate: live\nwhere: "
    (folder / "a.yaml").write_text(live + "{segment: b}\n")
    (folder / "b.yaml").write_text(live + "{op: not, of: [{segment: c}]}\n")
    (folder / "c.yaml").write_text(live + "{event: Bought, window: {last: P1M}}\n")

    def run(*arguments: str) -> tuple[int, str]:
        found = CliRunner().invoke(app, [arguments[0], str(tmp_path), *arguments[1:]])
        return found.exit_code, found.output

    code, said = run("plan")
    assert code == 1
    assert "c.yaml:3: `where.window.last`: Months and years have no length that could roll." in said
    (folder / "c.yaml").write_text(live + "{segment: a}\n")
    assert "It would ask for itself" in run("plan")[1]
    (folder / "c.yaml").write_text(live + "{identifier: email}\n")
    code, said = run("apply", "--yes")
    assert code == 0, said
    assert [said.index(f"done + segment {name}") for name in "cba"] == sorted(
        said.index(f"done + segment {name}") for name in "abc"
    )
    (folder / "a.yaml").rename(tmp_path / "a.yaml")
    code, said = run("plan", "--delete")
    assert (code, "a.yaml: is gone, though segment a has members." in said) == (1, True)
    (tmp_path / "a.yaml").rename(folder / "a.yaml")
    for name in "abc":
        (folder / f"{name}.yaml").write_text((folder / f"{name}.yaml").read_text().replace("live", "archived"))
    code, said = run("apply", "--yes")
    assert code == 0, said
    (folder / "a.yaml").unlink()
    assert run("plan", "--delete")[0] == 0  # what is archived stays where no file has it
