"""Rows sent through the real collector: whatever fails on the way, each row arrives under its one id."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from cli.collector import Collector
from cli.deployment import DeploymentError
from cli.importing import progress_of, send_rows
from functions.collect_events.handler import handler as collect_events
from shared.contracts.records import decode
from shared.imports.progress import Tally
from shared.imports.reading import open_rows
from shared.imports.rows import Options
from tests.conftest import Deployment
from tests.gateway import Gateway
from tests.pipeline import SOURCE, WRITE_KEY, collected, seed_source

ROWS = b"id,name\n" + b"".join(b"%d,%s\n" % (number, b"n" * 3_000) for number in range(600))


@pytest.fixture(autouse=True)
def source(aws: Deployment) -> None:
    seed_source(aws)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    path.write_bytes(ROWS)
    return path


class Front(httpx.BaseTransport):
    """Before each request one trouble, while there are any: a reply instead, or an error after it was taken."""

    def __init__(self, *troubles: Callable[[httpx.Request], httpx.Response | None]) -> None:
        self.troubles = list(troubles)
        self.real = httpx.WSGITransport(app=Gateway(collect_events))  # type: ignore[arg-type]
        self.waited: list[float] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        trouble = self.troubles.pop(0) if self.troubles else None
        instead = trouble(request) if trouble else None
        return instead or self.real.handle_request(request)

    def lose_the_answer(self, request: httpx.Request) -> httpx.Response | None:
        self.real.handle_request(request)
        raise httpx.ReadTimeout("no answer", request=request)


def says(status: int, **headers: str) -> Callable[[httpx.Request], httpx.Response]:
    return lambda request: httpx.Response(status, headers={k.replace("_", "-"): v for k, v in headers.items()})


def gone(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("nobody there", request=request)


def run(file: Path, front: Front, state: Path, write_key: str = WRITE_KEY) -> Tally:
    options = Options()
    _, progress = progress_of(state, file, SOURCE, options)
    collector = Collector("https://collect.example", write_key, httpx.Client(transport=front), front.waited.append)
    try:
        opened = open_rows(io.BytesIO(file.read_bytes()), options)
        return send_rows(opened, progress, SOURCE, file.name, collector.send, lambda tally: None)
    finally:
        progress.close()


def arrived(aws: Deployment) -> list[dict[str, Any]]:
    return [element.value for data in collected(aws) for element in decode(data).elements]


def ids(aws: Deployment) -> list[str]:
    return [element["messageId"] for element in arrived(aws)]


def test_every_row_arrives_in_batches_that_the_collector_takes(aws: Deployment, file: Path, tmp_path: Path) -> None:
    tally = run(file, Front(), tmp_path / "progress")
    assert (tally.rows, tally.unreadable) == (600, {})
    assert len(set(ids(aws))) == len(ids(aws)) == 600
    first = arrived(aws)[0]
    assert first["context"]["file"] == {"name": "people.csv", "line": 2}


def test_what_passes_is_tried_again_after_the_seconds_it_names(aws: Deployment, file: Path, tmp_path: Path) -> None:
    front = Front(says(429, retry_after="7"), says(503), gone, says(408), says(503, retry_after="9999"))
    run(file, front, tmp_path / "progress")
    assert front.waited == [7.0, 2.0, 4.0, 8.0, 60.0]
    assert len(set(ids(aws))) == 600


def test_a_lost_answer_brings_a_batch_again_under_the_same_ids(aws: Deployment, file: Path, tmp_path: Path) -> None:
    front = Front()
    front.troubles = [front.lose_the_answer]
    run(file, front, tmp_path / "progress")
    assert len(ids(aws)) > 600
    assert len(set(ids(aws))) == 600


@pytest.mark.parametrize("fine", [0, 1, 3])
def test_a_collector_that_goes_away_in_the_middle_is_gone_on_with(
    aws: Deployment, file: Path, tmp_path: Path, fine: int
) -> None:
    state = tmp_path / "progress"
    with pytest.raises(DeploymentError, match="the same command again"):
        run(file, Front(*[says_nothing] * fine, *[gone] * 100), state)
    before = len(ids(aws))
    assert before < 600
    assert run(file, Front(), state).rows == 600
    assert len(set(ids(aws))) == len(ids(aws)) == 600
    whole = ids(aws)
    run(file, Front(), tmp_path / "another")
    assert ids(aws)[600:] == whole


def says_nothing(request: httpx.Request) -> None:
    """No trouble."""


def test_a_killed_import_goes_on_where_it_was(aws: Deployment, file: Path, tmp_path: Path) -> None:
    class KilledError(Exception):
        pass

    def killed(request: httpx.Request) -> httpx.Response:
        raise KilledError

    state = tmp_path / "progress"
    with pytest.raises(KilledError):
        run(file, Front(says_nothing, killed), state)
    before = len(ids(aws))
    tally = run(file, Front(), state)
    assert 0 < before < 600
    assert tally.rows == 600
    assert len(set(ids(aws))) == len(ids(aws)) == 600


def test_a_changed_file_is_no_file_to_go_on_with(aws: Deployment, file: Path, tmp_path: Path) -> None:
    state = tmp_path / "progress"
    with pytest.raises(DeploymentError):
        run(file, Front(says_nothing, *[gone] * 100), state)
    before = len(ids(aws))
    file.write_bytes(ROWS + b"600,new\n")
    assert run(file, Front(), state).rows == 601
    assert len(ids(aws)) == before + 601
    assert len(set(ids(aws))) == 601


def test_an_unknown_write_key_is_told_at_once(aws: Deployment, file: Path, tmp_path: Path) -> None:
    front = Front()
    with pytest.raises(DeploymentError, match="401 unknown_write_key"):
        run(file, front, tmp_path / "progress", "wk_nobody")
    assert front.waited == []
    assert ids(aws) == []


def test_two_imports_of_one_file_at_once_are_refused(file: Path, tmp_path: Path) -> None:
    _, first = progress_of(tmp_path / "progress", file, SOURCE, Options())
    try:
        with pytest.raises(DeploymentError, match="the other import"):
            progress_of(tmp_path / "progress", file, SOURCE, Options())
    finally:
        first.close()


def test_the_place_of_the_progress_is_the_users_own(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    place, progress = progress_of(None, file, SOURCE, Options())
    progress.close()
    assert place.is_relative_to(tmp_path / "state" / "jogakbo" / "imports")
