"""`make bench`: runs the parts, each in a process of its own, keeps what they found and draws the page of docs."""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import get_args

from bench.page import write_page
from bench.results import Kind, Part, Run, last_like, part_of
from bench.saying import compared, said, say

ROOT = Path(__file__).parent.parent


def main() -> None:
    asked = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    asked.add_argument("parts", nargs="*", choices=[*get_args(Kind), []], help="all of them, if none is named")
    asked.add_argument("--all", action="store_true", help="a million events, and the long races: an hour and more")
    given = asked.parse_args()
    at = datetime.now(UTC).isoformat(timespec="seconds")[:19]
    run = Run(f"{at}Z", _commit(), _machine(), round(os.getloadavg()[0], 1), given.all)
    names, failed = given.parts or get_args(Kind), list[str]()
    for place, name in enumerate(names, 1):
        say(f"Part {place} of {len(names)}: {name}")
        try:
            part = _part(name, given.all)
        except subprocess.CalledProcessError as error:
            say(f"{name} ended with code {error.returncode}; the others go on")
            failed.append(name)
            continue
        run = replace(run, parts=(*run.parts, part))
        say(said(part))
    if failed:
        sys.exit(f"Failed, so nothing is kept: {', '.join(failed)}")
    if given.parts:
        say("Some parts only: nothing is kept. Next: make bench")
        return
    before = last_like(run)
    say(compared(run, before))
    saved, page = run.save(), write_page(run, before)
    say(f"Kept in {saved.relative_to(ROOT)}, drawn in {page.relative_to(ROOT)}.")


def _part(name: str, is_whole: bool) -> Part:
    """What a part found. Its process has nothing warm and nobody else's memory."""
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder) / "part.json"
        started = time.monotonic()
        command = [sys.executable, "-m", "bench.running", name, str(found), *(["--all"] if is_whole else [])]
        _run(name, command)
        return replace(part_of(json.loads(found.read_text())), seconds=round(time.monotonic() - started, 1))


def _run(name: str, command: list[str]) -> None:
    """Says every minute that it still runs."""
    with subprocess.Popen(command, cwd=ROOT) as process:
        for minutes in count(1):
            try:
                ended = process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                say(f"  {name}: {minutes} min")
                continue
            except KeyboardInterrupt:
                process.kill()
                raise
            if ended:
                raise subprocess.CalledProcessError(ended, command)
            return


def _commit() -> str:
    asked = ["git", "describe", "--always", "--dirty"]
    return subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip() or "unknown"


def _machine() -> str:
    models = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    name = models[0].partition(": ")[2] if models else platform.processor()
    return f"{os.cpu_count()} cores of {name}, CPython {platform.python_version()}"


if __name__ == "__main__":
    main()
