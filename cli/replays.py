"""What a replay needs around its request: the event edited, and how it ended a little later."""

import json
import os
import shlex
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cli.api import Body
from cli.deployment import DeploymentError

PATH = "/v1/quarantine"
PATIENCE_SECONDS = 60.0
_ENDS = {"stored": "stored", "duplicate": "stored before", "refused": "refused again", "sent": "still on their way"}


def edited(entry: Body) -> dict[str, Any]:
    """The event of an entry as the user leaves it in the editor."""
    before = entry["text"] if entry["event"] is None else json.dumps(entry["event"], indent=2, ensure_ascii=False)
    with tempfile.NamedTemporaryFile("w", prefix="jogakbo-", suffix=".json", delete=False) as file:
        file.write(f"{before or ''}\n")
    path = Path(file.name)
    _open(path)
    try:
        event = _event(path.read_text())
    except ValueError as error:
        raise DeploymentError(f"{error} Remedy: mend {path} and send it with --event.") from error
    path.unlink()
    if event == entry["event"]:
        raise DeploymentError("Nothing was changed, so nothing was sent. Remedy: leave out --edit to send it as it is.")
    return event


def _open(path: Path) -> None:
    """In $VISUAL or $EDITOR, which may have arguments of its own."""
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    try:
        subprocess.run([*shlex.split(editor), str(path)], check=True)
    except (OSError, ValueError, subprocess.CalledProcessError) as error:
        path.unlink()
        raise DeploymentError(f"{editor} failed. Remedy: set EDITOR, or send a file with --event.") from error


def event_in(path: Path) -> dict[str, Any]:
    try:
        return _event(path.read_text())
    except OSError as error:
        raise DeploymentError(f"{path} can't be read: {error.strerror}.") from error
    except ValueError as error:
        raise DeploymentError(f"{path}: {error}") from error


def _event(text: str) -> dict[str, Any]:
    try:
        event = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"This is no JSON: {error}.") from error
    if not isinstance(event, dict):
        raise ValueError("An event is a JSON object.")
    return event


def endings_of(look: Callable[[], list[Body]]) -> list[Body]:
    """The entries once none of them is on its way any more, or as they are when patience ends."""
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        entries = look()
        if time.monotonic() > end or all(entry["state"] != "sent" for entry in entries):
            return entries
        time.sleep(0.5)


def summary(entries: list[Body]) -> str:
    """`Sent 3: 2 stored, 1 refused again.`"""
    counted = Counter(entry["state"] for entry in entries)
    ends = ", ".join(f"{counted[state]} {words}" for state, words in _ENDS.items() if counted[state])
    return f"Sent {len(entries)}: {ends or 'none'}."
