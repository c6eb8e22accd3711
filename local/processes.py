"""The processes of a local cloud: started apart from the terminal, found again by their pid file, stopped whole."""

import json
import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from local.places import CHECKOUT, Places

STOP_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Running:
    pid: int
    command: list[str]


def start(places: Places, name: str, command: list[str]) -> Running:
    """Its output goes to `logs/<name>.log`."""
    places.logs.mkdir(parents=True, exist_ok=True)
    places.processes.mkdir(parents=True, exist_ok=True)
    with (places.logs / f"{name}.log").open("w") as log:
        process = subprocess.Popen(
            command, cwd=CHECKOUT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    running = Running(process.pid, command)
    partial = _file(places, name).with_suffix(".partial")
    partial.write_text(json.dumps({"pid": running.pid, "command": command}))
    partial.rename(_file(places, name))
    while process.poll() is None and not _serves(running):
        time.sleep(0.001)  # for a moment after exec, a process has no command line
    return running


def find(places: Places, name: str) -> Running | None:
    """The process that the pid file means; None where there is none, it died, or its pid serves another by now."""
    file = _file(places, name)
    if not file.is_file():
        return None
    noted = json.loads(file.read_text())
    running = Running(noted["pid"], noted["command"])
    return running if _serves(running) else None


def stop(places: Places, name: str) -> bool:
    """True where one was running. SIGTERM first; SIGKILL last, to the group with the emulator's functions."""
    running = find(places, name)
    if running:
        _signal(running.pid, signal.SIGTERM)
        _wait_for_end(running)
        _signal_group(running.pid, signal.SIGKILL)
    _file(places, name).unlink(missing_ok=True)
    return running is not None


def _file(places: Places, name: str) -> Path:
    return places.processes / f"{name}.json"


def _serves(running: Running) -> bool:
    return _command_line(running.pid) == " ".join(running.command)


def _command_line(pid: int) -> str:
    """Empty for a process that ended, also where nobody has waited for it yet."""
    proc = Path("/proc")
    if (proc / "self").exists():
        try:
            line = (proc / str(pid) / "cmdline").read_bytes()
        except OSError:
            return ""
        return line.decode().rstrip("\0").replace("\0", " ")
    listed = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return listed.stdout.strip()


def _wait_for_end(running: Running) -> None:
    deadline = time.monotonic() + STOP_SECONDS
    while time.monotonic() < deadline and _serves(running):
        _reap(running.pid)
        time.sleep(0.05)


def _reap(pid: int) -> None:
    """Where this process is the parent (the tests), a dead child stays in the process table until it is waited for."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _signal_group(group: int, number: signal.Signals) -> None:
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return
