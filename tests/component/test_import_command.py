"""`jogakbo import` against the real APIs in process: what it proposes, refuses, sends and says."""

import gzip
import re
from pathlib import Path
from typing import Any

import duckdb
import httpx
import pytest
import yaml
from typer.testing import CliRunner, Result

from cli import access, commands_import
from cli.main import app
from functions.collect_events.handler import handler as collect_events
from functions.manage_catalogue.handler import handler as manage_catalogue
from shared.contracts.records import decode
from shared.domain.mapping import Mapping
from shared.domain.sources import Source
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.tables import CATALOGUE
from tests.component.managing import TOKEN, give_token
from tests.conftest import Deployment
from tests.gateway import Gateway
from tests.http_api import answer_by
from tests.pipeline import SOURCE, WRITE_KEY, collected, seed_source
from tests.sleeping import instead_of_sleep

CDNOW = Path(__file__).parents[1] / "fixtures" / "cdnow" / "cdnow_sample.txt"
RULES = [{"op": "rename", "from": "id", "to": "userId"}]


@pytest.fixture(autouse=True)
def deployed(aws: Deployment, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[float]:
    """Both APIs behind their origins, and a user's settings; what the command slept."""
    seed_source(aws)
    seed_source(aws, "src_other", "wk_other")
    give_token(aws, TOKEN, "catalogue:read", "catalogue:write")
    answer_by(monkeypatch, manage_catalogue)
    transport = httpx.WSGITransport(app=Gateway(collect_events))  # type: ignore[arg-type]
    monkeypatch.setattr(commands_import, "connected", lambda: httpx.Client(transport=transport))
    slept: list[float] = []
    instead_of_sleep(monkeypatch, commands_import, slept.append)
    monkeypatch.setattr(access.console, "width", 200)
    for name, value in {
        "JOGAKBO_API_URL": "https://api.example",
        "JOGAKBO_API_TOKEN": TOKEN,
        "JOGAKBO_COLLECT_URL": "https://collect.example",
        "JOGAKBO_WRITE_KEY": WRITE_KEY,
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "COLUMNS": "200",
    }.items():
        monkeypatch.setenv(name, value)
    return slept


def run(file: Path, *options: str, source: str = SOURCE, answer: str = "") -> Result:
    return CliRunner().invoke(app, ["import", str(file), "--source", source, *options], input=answer)


def arrived(aws: Deployment) -> list[dict[str, Any]]:
    return [element.value for data in collected(aws) for element in decode(data).elements]


def mapping_of(aws: Deployment) -> tuple[Any, ...] | None:
    catalogue = CatalogueStore(aws.table(CATALOGUE))
    source = catalogue.find(Source, SOURCE)
    assert source is not None
    mapping = catalogue.find(Mapping, source.mapping) if source.mapping else None
    return mapping.rules if mapping else None


def written(tmp_path: Path, content: str | bytes, name: str = "people.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def flat(result: Result) -> str:
    return re.sub(r"\s+", " ", result.output)


def test_a_proposed_mapping_is_shown_confirmed_kept_and_waited_for(
    aws: Deployment, deployed: list[float], tmp_path: Path
) -> None:
    file = written(tmp_path, "customer_id,date,dollar_value\n7,19970118,29.73\n")
    refused = run(file, answer="n\n")
    assert refused.exit_code == 1
    assert (mapping_of(aws), arrived(aws)) == (None, [])
    result = run(file, answer="y\n")
    assert result.exit_code == 0, result.output
    assert "dollar_value properties.total" in re.sub(r"[│\s]+", " ", result.output)
    assert "1 rows: 1 sent, 0 unreadable" in flat(result)
    assert {"op": "rename", "from": "customer_id", "to": "userId"} in (mapping_of(aws) or ())
    assert deployed == [commands_import._FELT_SECONDS]
    assert [row["customer_id"] for row in arrived(aws)] == ["7"]


def test_what_a_proposed_mapping_would_refuse_is_said_before_it_is_kept(aws: Deployment, tmp_path: Path) -> None:
    file = written(tmp_path, "customer_id,amount\n1,29000\n2,free\n3,gratis\n")
    result = run(file, answer="n\n")
    assert "Of the first 3 rows 2 would go to quarantine: cast_failed (properties.total) 2." in result.output
    assert mapping_of(aws) is None


def test_a_source_with_a_mapping_is_asked_nothing(aws: Deployment, deployed: list[float], tmp_path: Path) -> None:
    run(written(tmp_path, "user_id,plan\n7,pro\n"), "--yes")
    deployed.clear()
    result = run(written(tmp_path, "user_id,plan\n8,free\n", "more.csv"))
    assert result.exit_code == 0, result.output
    assert deployed == []
    assert len(arrived(aws)) == 2


@pytest.mark.parametrize("document", [RULES, {"name": "mine", "rules": RULES}])
def test_a_mapping_of_ones_own_becomes_the_sources(aws: Deployment, tmp_path: Path, document: Any) -> None:
    mapping = written(tmp_path, yaml.safe_dump(document), "mapping.yaml")
    file = written(tmp_path, "id\n7\n")
    assert run(file, "--mapping", str(mapping), "--yes").exit_code == 0
    assert mapping_of(aws) == tuple(RULES)
    changed = written(tmp_path, yaml.safe_dump([*RULES, {"op": "cast", "field": "id", "as": "a secret"}]), "other.yaml")
    refused = run(file, "--mapping", str(changed), "--yes")
    assert refused.exit_code == 1
    assert "rule 2" in refused.output.lower()
    assert mapping_of(aws) == tuple(RULES)


def test_a_mapping_that_names_a_missing_column_stops_before_anything_is_sent(aws: Deployment, tmp_path: Path) -> None:
    mapping = written(
        tmp_path, yaml.safe_dump([*RULES, {"op": "rename", "from": "emial", "to": "traits.email"}]), "m.yaml"
    )
    result = run(written(tmp_path, "id,email\n7,a@example.com\n"), "--mapping", str(mapping), "--yes")
    assert result.exit_code == 1
    assert "Rule 2 of the mapping reads emial, and the file has no such column." in flat(result)
    assert (mapping_of(aws), arrived(aws)) == (None, [])


def test_unreadable_rows_are_counted_by_reason_with_their_lines_and_sent_as_such(
    aws: Deployment, tmp_path: Path
) -> None:
    content = "user_id,name\n1,홍길동\n2,a,b\n".encode() + "3,김철수\n".encode("cp949") + b"4\n5,fine\n"
    result = run(written(tmp_path, content), "--yes")
    assert result.exit_code == 0
    assert "5 rows: 2 sent, 3 unreadable" in flat(result)
    assert "ragged: 2, at line 3, 5" in flat(result)
    assert "wrong_encoding: 1, at line 4" in flat(result)
    assert [row["unreadable"]["reason"] for row in arrived(aws) if "unreadable" in row] == [
        "ragged",
        "wrong_encoding",
        "ragged",
    ]


def test_orders_without_a_header_are_all_sent_and_again_under_the_same_ids(aws: Deployment) -> None:
    options = ("--columns", "customer_id,sample_id,date,number_of_cds,dollar_value", "--yes")
    for _ in range(2):
        result = run(CDNOW, *options)
        assert "6,919 rows: 6,919 sent, 0 unreadable" in flat(result)
    ids = [row["messageId"] for row in arrived(aws)]
    assert ids[:6_919] == ids[6_919:]
    assert len(set(ids)) == 6_919


def test_a_finished_import_leaves_no_progress_behind(tmp_path: Path) -> None:
    place = tmp_path / "progress"
    assert run(written(tmp_path, "user_id\n7\n"), "--yes", "--progress", str(place)).exit_code == 0
    assert not place.exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "The file is empty."),
        (b"id,id\n1,2\n", "names id twice: columns 1 and 2."),
        ("이름\n홍길동\n".encode("cp949"), "--encoding cp949"),
        (b"PK\x03\x04", "save it as CSV"),
    ],
    ids=["empty", "duplicate", "encoding", "excel"],
)
def test_a_file_that_cannot_be_read_is_one_error(aws: Deployment, tmp_path: Path, content: bytes, said: str) -> None:
    result = run(written(tmp_path, content), "--yes")
    assert result.exit_code == 1
    assert said in flat(result)
    assert "Remedy" in result.output
    assert arrived(aws) == []


def test_a_nested_column_of_parquet_is_named(aws: Deployment, tmp_path: Path) -> None:
    path = tmp_path / "nested.parquet"
    duckdb.sql(f"COPY (SELECT '7' AS user_id, [1, 2] AS items) TO '{path}'")
    result = run(path, "--yes")
    assert result.exit_code == 1
    assert "The column items is no plain value" in flat(result)
    assert run(path, "--yes", "--columns", "user_id").exit_code == 0
    assert [row["user_id"] for row in arrived(aws)] == ["7"]


def test_a_header_alone_sends_nothing_and_says_so(aws: Deployment, tmp_path: Path) -> None:
    result = run(written(tmp_path, "user_id,name\n"), "--yes")
    assert result.exit_code == 0
    assert "0 rows: 0 sent, 0 unreadable" in flat(result)
    assert arrived(aws) == []


def test_a_directory_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    assert "is a directory" in flat(run(tmp_path))
    assert "does not exist" in flat(run(tmp_path / "nothing.csv"))


@pytest.mark.parametrize("key", ["wk_nobody", "wk_other"])
def test_a_write_key_that_is_none_of_the_source_is_refused(aws: Deployment, tmp_path: Path, key: str) -> None:
    result = run(written(tmp_path, "user_id\n7\n"), "--yes", "--write-key", key)
    assert result.exit_code == 1
    assert f"The write key is none of the source {SOURCE}." in flat(result)
    assert arrived(aws) == []


def test_an_unknown_source_is_refused(tmp_path: Path) -> None:
    result = run(written(tmp_path, "user_id\n7\n"), "--yes", source="src_nobody")
    assert result.exit_code == 1
    assert "404" in result.output


def test_a_file_that_breaks_off_sends_what_came_before_and_fails(aws: Deployment, tmp_path: Path) -> None:
    whole = gzip.compress(b"user_id,name\n" + b"".join(b"%d,%d\n" % (n, n * 7919 % 1013) for n in range(3_000)))
    result = run(written(tmp_path, whole[: len(whole) // 2]), "--yes")
    assert result.exit_code == 1
    assert "broken_file: 1, at line" in flat(result)
    assert len(arrived(aws)) > 100
