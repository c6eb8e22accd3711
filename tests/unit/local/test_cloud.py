"""What an earlier run left is noticed for what it is, and cleaned."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local import cloud, deployment, processes
from local.outputs import Outputs, read, write
from local.places import Places

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)", "--port", "1"]
OUTPUTS = Outputs(
    collect_url="http://127.0.0.1:1",
    api_url="http://127.0.0.1:2",
    write_key="wk",
    api_token="token",
    source_id="src",
    aws_endpoint_url="http://127.0.0.1:3",
    region="us-east-1",
    stage="local",
    bus="bus",
    stream="stream",
    log_bucket="bucket",
    identifier_key_secret="secret",
    tables={"events": "e"},
    queues={"deliveries": "d"},
    functions={"collect_events": "c"},
)


@pytest.fixture
def places(tmp_path: Path) -> Iterator[Places]:
    places = Places(tmp_path)
    yield places
    cloud.down(places)


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cloud, "_answers", lambda endpoint_url: True)


def start(places: Places, *names: str) -> None:
    for name in names:
        processes.start(places, name, SLEEP)


def test_nothing_is_no_leftover(places: Places) -> None:
    assert cloud.leftover(places) is None
    assert cloud.running(places) is None
    assert cloud.down(places) is False


@pytest.mark.usefixtures("answering")
def test_a_cloud_that_runs_whole_is_no_leftover(places: Places) -> None:
    start(places, cloud.EMULATOR, cloud.FRONT)
    write(places, OUTPUTS)
    assert cloud.leftover(places) is None
    assert cloud.running(places) == OUTPUTS


def test_outputs_without_processes_are_a_leftover(places: Places) -> None:
    write(places, OUTPUTS)
    assert cloud.leftover(places) == "the emulator is not running"
    assert cloud.running(places) is None


@pytest.mark.usefixtures("answering")
def test_an_emulator_without_its_front_is_a_leftover(places: Places) -> None:
    start(places, cloud.EMULATOR)
    write(places, OUTPUTS)
    assert cloud.leftover(places) == "the front is not running"


@pytest.mark.usefixtures("answering")
def test_processes_without_outputs_are_a_leftover(places: Places) -> None:
    start(places, cloud.EMULATOR, cloud.FRONT)
    assert cloud.leftover(places) == "its outputs are missing"


def test_an_emulator_that_does_not_answer_is_a_leftover(places: Places) -> None:
    start(places, cloud.EMULATOR, cloud.FRONT)
    write(places, OUTPUTS)
    assert cloud.leftover(places) == "the emulator does not answer"


def test_down_stops_a_half_started_cloud_and_removes_its_state(places: Places) -> None:
    start(places, cloud.EMULATOR)
    (places.emulator / "tmp").mkdir(parents=True)
    write(places, OUTPUTS)
    assert cloud.down(places) is True
    assert processes.find(places, cloud.EMULATOR) is None
    assert sorted(path.name for path in places.root.iterdir()) == ["cloud.lock", "logs"]


def test_a_first_start_that_fails_leaves_nothing_running(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    def start_emulator(places: Places, iam: bool) -> str:
        start(places, cloud.EMULATOR)
        return "http://127.0.0.1:1"

    def fail(places: Places, endpoint_url: str) -> None:
        raise deployment.DeploymentError("build failed")

    monkeypatch.setattr(cloud, "start_emulator", start_emulator)
    monkeypatch.setattr(deployment, "build", fail)
    with pytest.raises(deployment.DeploymentError):
        cloud.up(places)
    assert processes.find(places, cloud.EMULATOR) is None
    assert read(places) is None


def test_the_state_folder_can_be_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("JOGAKBO_STATE_DIR", str(tmp_path))
    assert Places.of_environment().root == tmp_path
    monkeypatch.delenv("JOGAKBO_STATE_DIR")
    assert Places.of_environment().root.name == ".local"
