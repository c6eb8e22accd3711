"""Assets hold what their function needs and nothing that the Lambda runtime brings."""

import importlib.util
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from infra import packaging
from infra.assets import FUNCTIONS, ROOT, AssetError, Target, built, find
from infra.wheels import Compiler

_RUNTIME = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six")
_IMPORT = (
    "import sys; sys.path[:0] = sys.argv[1:3]; import functions.{0}.handler as made; assert callable(made.handler)"
)


@pytest.fixture(scope="session")
def lambda_target() -> Target:
    target = Target.of(local=False)
    packaging.build_all(target)
    return target


@pytest.fixture(scope="session")
def local_target() -> Target:
    target = Target.of(local=True)
    packaging.build_all(target)
    return target


@pytest.fixture(scope="session")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the Lambda runtime brings: boto3 and what boto3 needs."""
    folder = tmp_path_factory.mktemp("runtime")
    for name in _RUNTIME:
        found = importlib.util.find_spec(name)
        assert found is not None
        assert found.origin is not None
        origin = Path(found.origin)
        source = origin.parent if origin.name == "__init__.py" else origin
        (folder / source.name).symlink_to(source)
    return folder


def _names(target: Target, function: str) -> list[str]:
    with zipfile.ZipFile(built(target, function).path) as archive:
        return archive.namelist()


@pytest.mark.parametrize("function", FUNCTIONS)
def test_an_asset_imports_with_nothing_but_itself_and_boto3(
    local_target: Target, runtime: Path, tmp_path: Path, function: str
) -> None:
    with zipfile.ZipFile(built(local_target, function).path) as archive:
        archive.extractall(tmp_path)
    # -I -S: neither this checkout nor the site-packages that run the tests.
    command = [sys.executable, "-I", "-S", "-c", _IMPORT.format(function), str(tmp_path), str(runtime)]
    done = subprocess.run(command, cwd=tmp_path, env={}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("function", FUNCTIONS)
def test_an_asset_for_lambda_is_arm64_without_boto3_and_other_functions(lambda_target: Target, function: str) -> None:
    names = _names(lambda_target, function)
    assert [name for name in names if name.split("/")[0] in ("boto3", "botocore", "infra", "cli", "tests")] == []
    assert {name.split("/")[1] for name in names if name.startswith("functions/")} <= {
        function,
        "__init__.py",
        "__pycache__",
    }
    libraries = [name for name in names if name.endswith(".so")]
    assert libraries
    assert [name for name in libraries if "aarch64" not in name and "abi3" not in name] == []


def test_byte_code_is_of_the_target_and_never_checked_against_its_source(lambda_target: Target) -> None:
    if Compiler.of(lambda_target).executable is None:
        pytest.skip("no Python 3.13 here: built without byte code, as the build says")
    with zipfile.ZipFile(built(lambda_target, "deliver").path) as archive:
        compiled = [name for name in archive.namelist() if name.endswith(".pyc")]
        handler = archive.read("functions/deliver/__pycache__/handler.cpython-313.pyc")
    assert [name for name in compiled if not name.endswith(".cpython-313.pyc")] == []
    assert int.from_bytes(handler[4:8], "little") == 0b01, "hash-based and unchecked (PEP 552)"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with one file per function, so that a change of a source is the test's own."""
    for name in ("uv.lock", "pyproject.toml", "README.md", "infra/packaging.py", "infra/wheels.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    for function in FUNCTIONS:
        (tmp_path / "functions" / function).mkdir(parents=True)
        (tmp_path / "functions" / function / "handler.py").write_text("def handler(): ...\n")
    (tmp_path / "functions" / "__init__.py").touch()
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "__init__.py").touch()
    target = Target.of(local=True)
    target.directory(tmp_path).mkdir(parents=True)
    for wheels in target.directory(ROOT).glob("wheels-*.zip"):  # named by their content, so they fit if they are there
        shutil.copy(wheels, target.directory(tmp_path))
    return tmp_path


def test_a_missing_handler_stops_the_build_with_one_line(project: Path) -> None:
    (project / "functions" / "deliver" / "handler.py").unlink()
    with pytest.raises(AssetError, match=r"^functions/deliver/handler\.py is missing\. Remedy: .*$"):
        packaging.build_all(Target.of(local=True), project)


def test_only_what_changed_is_built_again(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = Target.of(local=True)
    packaging.build_all(target, project)
    before = {function: built(target, function, project).hash for function in FUNCTIONS}
    capsys.readouterr()
    packaging.build_all(target, project)
    assert "nothing changed" in capsys.readouterr().out

    (project / "functions" / "deliver" / "handler.py").write_text("def handler(): return 1\n")
    assert find(target, "deliver", project) is None
    with pytest.raises(AssetError, match=r"older than its sources\. Remedy: JOGAKBO_TARGET=local make build"):
        built(target, "deliver", project)
    packaging.build_all(target, project)
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["deliver"]
    after = {function: built(target, function, project).hash for function in FUNCTIONS}
    assert {function for function in FUNCTIONS if before[function] != after[function]} == {"deliver"}


def test_equal_sources_make_equal_archives(project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    target = Target.of(local=True)
    packaging.build_all(target, project)
    first = built(target, "deliver", project).path.read_bytes()
    for path in target.directory(project).glob("deliver.*"):
        path.unlink()
    packaging.build_all(target, project)
    assert built(target, "deliver", project).path.read_bytes() == first


def test_the_target_and_the_byte_code_are_part_of_the_hash(project: Path) -> None:
    target = Target.of(local=True)
    hashes = []
    for compiler in (Compiler.of(target), Compiler(None)):
        packaging.build(target, "deliver", compiler, project)
        hashes.append(built(target, "deliver", project).hash)
    assert len(set(hashes)) == 2
    assert find(Target.of(local=False), "deliver", project) is None
