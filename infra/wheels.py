"""One compiled zip per set of third-party packages, from the lock file; functions with equal sets share it."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from infra.assets import ROOT, AssetError, Target

# Not needed at run time. Of phonenumbers: where a number is; of zstandard: the second copy of the library, for PyPy.
_UNUSED = (
    "bin",
    "**/tests",
    "**/__pycache__",
    "phonenumbers/geodata",
    "phonenumbers/carrierdata",
    "phonenumbers/tzdata",
    "zstandard/_cffi*",
    "*.dist-info/RECORD",
    "*.dist-info/INSTALLER",
    "*.dist-info/REQUESTED",
    ".lock",
)


@dataclass(frozen=True, slots=True)
class Compiler:
    """An interpreter of the target's version, or None where the machine has none: then without byte code."""

    executable: str | None

    @classmethod
    def of(cls, target: Target) -> "Compiler":
        if target.is_local:
            return cls(sys.executable)
        # pyenv's shims fail, and hide the interpreter from uv, unless they are told the version.
        found = _uv("python", "find", target.python, PYENV_VERSION=target.python)
        return cls(found.stdout.strip() if found.returncode == 0 else None)

    def compile(self, folder: Path) -> None:
        """Unchecked-hash byte code whose tracebacks show the path on Lambda; equal bytes on every machine."""
        if self.executable is None:
            return
        options = ["-q", "--invalidation-mode", "unchecked-hash", "-s", str(folder), "-p", "/var/task"]
        subprocess.run([self.executable, "-m", "compileall", *options, str(folder)], check=True)


def requirements(function: str, root: Path = ROOT) -> str:
    """The locked requirements, with hashes, of a function's dependency group."""
    options = ["--frozen", "--only-group", function, "--no-emit-project", "--no-header", "--no-annotate"]
    return _checked(_uv("export", "--quiet", *options, "--project", str(root)))


def wheels(target: Target, needed: str, compiler: Compiler, root: Path = ROOT) -> Path:
    """The zip of the installed requirements. Its name says all that it was made from: target, byte code, versions."""
    recipe = f"{target.key}{compiler.executable is not None}{needed}{Path(__file__).read_text()}"
    done = target.directory(root) / f"wheels-{hashlib.sha256(recipe.encode()).hexdigest()[:32]}.zip"
    if done.is_file():
        return done
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work) / "wheels"
        listed = Path(work) / "requirements.txt"
        listed.write_text(needed)
        where = ["--python", sys.executable] if target.is_local else _lambda_options(target)
        options = ["--require-hashes", "--no-compile-bytecode", "--only-binary", ":all:", *where]
        _checked(_uv("pip", "install", "--quiet", "--target", str(folder), *options, "-r", str(listed)))
        _strip(folder)
        compiler.compile(folder)
        partial = done.with_suffix(".partial")
        with zipfile.ZipFile(partial, "w") as archive:
            add_files(archive, folder)
        partial.rename(done)
    return done


def add_files(archive: zipfile.ZipFile, folder: Path) -> None:
    """Every file of a folder with a fixed date and mode, so that equal files make equal archives."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        entry = zipfile.ZipInfo(path.relative_to(folder).as_posix())
        entry.external_attr = 0o644 << 16
        archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)


def _lambda_options(target: Target) -> list[str]:
    return ["--python-platform", "aarch64-manylinux_2_28", "--python-version", target.python]


def _strip(folder: Path) -> None:
    for path in [path for pattern in _UNUSED for path in folder.glob(pattern)]:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def _uv(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    own = ROOT / ".local" / "tools" / "bin" / "uv"
    command = str(own) if own.is_file() else shutil.which("uv")
    if command is None:
        raise AssetError("uv is needed to build. Remedy: make setup")
    return subprocess.run([command, *arguments], capture_output=True, text=True, env={**os.environ, **environment})


def _checked(result: subprocess.CompletedProcess[str]) -> str:
    if result.returncode:
        reason = " ".join(result.stderr.split())[-400:]
        raise AssetError(f"uv could not fetch the packages: {reason}. Remedy: go online once, then `make build`")
    return result.stdout
