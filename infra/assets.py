"""What a built function asset is made from and where it lies: packaging writes it, synth reads it."""

import hashlib
import json
import platform
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FUNCTIONS = (
    "collect_events",
    "import_files",
    "store_events",
    "stitch_identities",
    "publish_changes",
    "deliver",
    "read_profiles",
    "manage_catalogue",
    "sweep_retention",
    "reconcile_counts",
    "build_lake",
    "review_quarantine",
    "manage_people",
    "run_jobs",
    "manage_privacy",
    "carry_out_requests",
    "send_callbacks",
    "sweep_deadlines",
    "reevaluate_people",
    "preview_segments",
)


class AssetError(Exception):
    """A function can't be packaged or deployed; the message is one line with the remedy."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where the code will run: `local` on the interpreter that runs now, otherwise Lambda on arm64."""

    key: str
    python: str
    build: str

    @classmethod
    def of(cls, local: bool) -> "Target":
        if not local:
            return cls("lambda-cp313-arm64", "3.13", "make build")
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        key = f"local-cp{version.replace('.', '')}-{platform.system().lower()}-{platform.machine().lower()}"
        return cls(key, version, "JOGAKBO_TARGET=local make build")

    @property
    def is_local(self) -> bool:
        return self.key.startswith("local")

    def directory(self, root: Path = ROOT) -> Path:
        return root / ".build" / "assets" / self.key


@dataclass(frozen=True, slots=True)
class Asset:
    """A zip for Lambda and the hash that names it."""

    path: Path
    hash: str


def sources(function: str, root: Path = ROOT) -> Iterator[Path]:
    """The source files of a function's asset, relative to the root, in a fixed order."""
    if not (root / "functions" / function / "handler.py").is_file():
        raise AssetError(f"functions/{function}/handler.py is missing. Remedy: add its handler, then `make build`")
    folders = (root / "functions" / function, root / "shared")
    found = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    found.append(root / "functions" / "__init__.py")
    yield from sorted(path.relative_to(root) for path in found if path.suffix != ".pyc")


def fingerprint(target: Target, function: str, root: Path = ROOT) -> str:
    """Changes whenever the asset has to be built again."""
    digest = hashlib.sha256(target.key.encode())
    recipe = [Path("uv.lock"), Path("pyproject.toml"), Path("infra/packaging.py"), Path("infra/wheels.py")]
    for path in [*recipe, *sources(function, root)]:
        digest.update(f"{path.as_posix()}\0".encode() + (root / path).read_bytes() + b"\0")
    return digest.hexdigest()


def find(target: Target, function: str, root: Path = ROOT) -> Asset | None:
    """The asset as it was built; None where it is missing or older than its sources."""
    wanted = fingerprint(target, function, root)
    zip_path = target.directory(root) / f"{function}.zip"
    manifest = zip_path.with_suffix(".json")
    if not manifest.is_file() or not zip_path.is_file():
        return None
    found = json.loads(manifest.read_text())
    return Asset(zip_path, found["hash"]) if found["fingerprint"] == wanted else None


def built(target: Target, function: str, root: Path = ROOT) -> Asset:
    """The asset that a deployment uses."""
    asset = find(target, function, root)
    if asset is None:
        raise AssetError(f"the asset of {function} is missing or older than its sources. Remedy: {target.build}")
    return asset
