"""Processes of the local cloud are found again, told from strangers, and stopped whole."""

import json
import os
import sys
import time
from pathlib import Path

import pytest

from local import processes
from local.places import Places

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
DEAF = [sys.executable, "-c", "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"]
PARENT = [
    sys.executable,
    "-c",
    "import subprocess, sys, time; print(subprocess.Popen(['sleep', '60']).pid, flush=True); time.sleep(60)",
]


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(tmp_path)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return bool(Path(f"/proc/{pid}/cmdline").read_bytes()) if Path("/proc").exists() else True


def test_a_started_process_is_found_and_stopped(places: Places) -> None:
    pid = processes.start(places, "one", SLEEP).pid
    found = processes.find(places, "one")
    assert found is not None
    assert found.pid == pid
    assert processes.stop(places, "one") is True
    assert not is_alive(pid)
    assert processes.find(places, "one") is None


def test_stopping_what_does_not_run_says_so(places: Places) -> None:
    assert processes.stop(places, "one") is False


def test_a_pid_that_serves_another_process_by_now_is_left_alone(places: Places) -> None:
    processes.start(places, "one", SLEEP)
    stranger = processes.start(places, "stranger", [*SLEEP, "of someone else"]).pid
    file = places.processes / "one.json"
    ours = json.loads(file.read_text())
    file.write_text(json.dumps({**ours, "pid": stranger}))
    assert processes.find(places, "one") is None
    assert processes.stop(places, "one") is False
    assert is_alive(stranger)
    processes.stop(places, "stranger")
    os.kill(ours["pid"], 9)


def test_a_process_that_ignores_sigterm_is_killed(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "STOP_SECONDS", 0.3)
    pid = processes.start(places, "deaf", DEAF).pid
    time.sleep(0.3)
    assert processes.stop(places, "deaf") is True
    time.sleep(0.1)
    assert not is_alive(pid)


def test_its_children_go_with_it(places: Places) -> None:
    processes.start(places, "parent", PARENT)
    log = places.logs / "parent.log"
    while not (text := log.read_text()):
        time.sleep(0.01)
    processes.stop(places, "parent")
    time.sleep(0.1)
    assert not is_alive(int(text))
