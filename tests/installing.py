"""Puts packages of npm where tests use them, from a lock file of their own. Nothing is done twice."""

import os
import subprocess
from pathlib import Path


def node_packages(what: str, folder: Path, *options: str) -> None:
    """`node_modules` in the folder, as its package-lock.json says; no package runs a script of its own."""
    done, lock = folder / "node_modules" / ".package-lock.json", folder / "package-lock.json"
    if not done.is_file() or done.stat().st_mtime < lock.stat().st_mtime:
        quiet = ("--ignore-scripts", "--no-fund", "--no-audit")
        run(f"{what} (package-lock.json)", "npm", "ci", *quiet, *options, cwd=folder)
        done.touch()


def run(what: str, *command: str, cwd: Path) -> None:
    """Run a command that may take its time, and say so. RuntimeError with the end of what it printed."""
    print(f"\nSet-up: {what}", end="", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(command, cwd=cwd, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed: {' '.join((done.stderr or done.stdout).split())[-400:]}")
