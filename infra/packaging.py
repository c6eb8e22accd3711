"""`python -m infra.packaging`: one asset per function, without Docker, built again only when something changed."""

import fcntl
import hashlib
import json
import os
import shutil
import sys
import tempfile
import time
import zipfile
from pathlib import Path

from infra.assets import FUNCTIONS, ROOT, AssetError, Target, find, fingerprint, sources
from infra.wheels import Compiler, add_files, requirements, wheels


def build_all(target: Target, root: Path = ROOT) -> None:
    """Build what is missing or stale, a line each; one build at a time, whoever asks for it."""
    target.directory(root).mkdir(parents=True, exist_ok=True)
    with (target.directory(root) / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _build_stale(target, root)


def _build_stale(target: Target, root: Path) -> None:
    stale = [function for function in FUNCTIONS if find(target, function, root) is None]
    if not stale:
        _say(f"assets for {target.key}: nothing changed")
        return
    compiler = Compiler.of(target)
    if compiler.executable is None:
        _say(f"no Python {target.python} here: built without byte code, so cold starts take about twice as long")
    for function in stale:
        started = time.monotonic()
        size = build(target, function, compiler, root)
        _say(f"{function:<18} {time.monotonic() - started:5.1f} s  {size / 1e6:5.1f} MB  {target.key}")


def build(target: Target, function: str, compiler: Compiler, root: Path = ROOT) -> int:
    """Write the zip and its manifest; the zip's size in bytes."""
    needed = requirements(function, root)
    mark = fingerprint(target, function, root)
    destination = target.directory(root) / f"{function}.zip"
    partial = destination.with_suffix(".partial")
    base = wheels(target, needed, compiler, root)
    shutil.copyfile(base, partial)
    digest = hashlib.sha256(base.name.encode())
    with tempfile.TemporaryDirectory() as work, zipfile.ZipFile(partial, "a") as archive:
        folder = Path(work) / "sources"
        for path in sources(function, root):
            content = (root / path).read_bytes()
            digest.update(f"{path.as_posix()}\0".encode() + content + b"\0")
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
        compiler.compile(folder)
        add_files(archive, folder)
    partial.rename(destination)
    manifest = {"fingerprint": mark, "hash": digest.hexdigest()}
    destination.with_suffix(".json").write_text(json.dumps(manifest))
    return destination.stat().st_size


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    try:
        build_all(Target.of(local=os.environ.get("JOGAKBO_TARGET") == "local"))
    except AssetError as error:
        sys.exit(f"jogakbo: {error}")
