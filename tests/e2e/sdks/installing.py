"""Puts the SDKs where the tests use them, from lock files, and finds or installs the browser. Nothing is done twice."""

import hashlib
import os
import shutil
from pathlib import Path

from local.places import CHECKOUT
from tests.installing import node_packages, run

HERE = Path(__file__).parent
BROWSERS: tuple[str, ...] = ("chromium", "chromium-browser", "google-chrome")
REMEDY = "Chromium is needed for the SDKs of browsers. Remedy: apt-get install chromium"


def node_sdks() -> None:
    """node_modules beside this file, as package-lock.json says. Optional packages need a Redis or a compiler."""
    node_packages("SDKs for Node and browsers", HERE, "--omit=optional")


def python_sdk(requirements: str) -> Path:
    """The folder that holds an SDK and what it needs, apart from ours: two versions live side by side."""
    lock = HERE / requirements
    folder = CHECKOUT / ".local" / "sdks" / f"{lock.stem}-{hashlib.sha256(lock.read_bytes()).hexdigest()[:12]}"
    if not folder.is_dir():
        partial = folder.with_name(f"{folder.name}.{os.getpid()}")
        own = CHECKOUT / ".local" / "tools" / "bin" / "uv"
        uv = str(own) if own.is_file() else "uv"
        options = ("--target", str(partial), "--require-hashes", "-r", str(lock))
        run(f"{lock.stem}, apart", uv, "pip", "install", *options, cwd=CHECKOUT)
        partial.rename(folder)
    return folder


def chromium() -> str | None:
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def install_chromium() -> None:
    """Where that can be done without asking: as root, with apt."""
    if chromium() is None and os.geteuid() == 0 and shutil.which("apt-get"):
        run("the list of Debian's packages", "apt-get", "update", cwd=CHECKOUT)
        run("Chromium", "apt-get", "install", "--yes", "--no-install-recommends", "chromium", cwd=CHECKOUT)
