"""A cold start in a process of its own, from an asset as it is deployed and Lambda's own packages beside it."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
_OF_THE_RUNTIME = ("boto3", "botocore", "s3transfer", "urllib3", "jmespath", "dateutil", "six.py", "__pycache__/six*")
_START = """
import importlib, json, sys, time
asked = json.loads(sys.argv[1])
sys.path[:0], before, said = asked["path"], set(sys.modules), sys.stdout
sys.stdout = open("/dev/null", "w")
started = time.process_time()
handler = importlib.import_module(asked["module"]).handler
imported = time.process_time() - started
if asked["clients"]:
    clients = importlib.import_module("shared.aws.clients")
    for name in asked["clients"]:
        getattr(clients, name)()
ready, modules = time.process_time() - started, len(set(sys.modules) - before)
if asked["event"]:
    class Context:
        function_name, memory_limit_in_mb, aws_request_id, invoked_function_arn = "bench", 512, "r", "arn:aws:l:r:a:f"
    answer = handler(asked["event"], Context())
    assert answer.get("statusCode", 200) == 200 and not answer.get("batchItemFailures"), answer
said.write(json.dumps([imported, ready, time.process_time() - started, modules]))
"""


@dataclass(frozen=True, slots=True)
class Start:
    """CPU milliseconds from the start of the interpreter on, and modules imported when ready."""

    imported: float
    ready: float
    answered: float
    modules: int


@dataclass(frozen=True, slots=True)
class Code:
    """What starts: folders on the path, the handler's module, clients that its first event needs, and that event."""

    folders: Sequence[Path]
    module: str
    clients: Sequence[str]
    event: Mapping[str, object] | None


def started(code: Code, environment: Mapping[str, str]) -> Start:
    path = [str(folder) for folder in code.folders]
    asked = {"path": path, "module": code.module, "clients": code.clients, "event": code.event}
    command = [sys.executable, "-I", "-S", "-c", _START, json.dumps(asked)]
    # Byte code must be there: a process that may write none makes it anew each time.
    known = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTHON"))}
    found = subprocess.run(command, cwd="/", capture_output=True, text=True, env={**known, **environment})
    if found.returncode:
        raise RuntimeError(found.stderr)
    imported, ready, answered, modules = json.loads(found.stdout)
    return Start(imported * 1000, ready * 1000, answered * 1000, modules)


@contextmanager
def unzipped(asset: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(asset) as archive:
        archive.extractall(folder)
        yield Path(folder)


@contextmanager
def runtime() -> Iterator[Path]:
    """A folder with what Lambda's runtime brings: boto3 and what it needs, and nothing else of this environment."""
    installed = Path(sysconfig.get_path("purelib"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for pattern in _OF_THE_RUNTIME:
            for found in installed.glob(pattern):
                place = folder / found.relative_to(installed)
                place.parent.mkdir(exist_ok=True)
                place.symlink_to(found)
        yield folder


def twins(folder: Path) -> None:
    """The twins, compiled as our assets are."""
    shutil.copytree(ROOT / "bench" / "twins", folder / "bench" / "twins", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "bench" / "__init__.py").touch()
    options = ["-q", "--invalidation-mode", "unchecked-hash"]
    subprocess.run([sys.executable, "-m", "compileall", *options, str(folder / "bench")], check=True)


def megabytes(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
