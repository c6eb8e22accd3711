"""Who may import whom: the table of docs/architecture.md as data, kept by walking every import of our code."""

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import import_module
from typing import NamedTuple

import pytest
from pydantic import BaseModel

from tests.unit.structure.repository import CODE, ROOT, functions, module_name, python_files, text, tree


class Room(NamedTuple):
    """`ours` and `others` are what its modules may import beside themselves; `others` None: any package."""

    name: str
    ours: tuple[str, ...]
    others: tuple[str, ...] | None


_CDK = ("aws_cdk", "cdk_nag", "constructs", "jsii")
_AWS = ("boto3", "botocore")
_BELOW_API = ("shared.domain", "shared.contracts", "shared.stores", "shared.aws")
_DECLARED = ("shared.destinations.contract", "shared.destinations.fields", "shared.destinations.payload")
ROOMS = (
    Room("shared.domain", (), ("pydantic", "pydantic_core", "phonenumbers", "jsonschema_rs")),
    Room("shared.domain.components", ("shared.domain",), ("numpy",)),
    Room("shared.domain.identity_dry_run", ("shared.domain",), ("numpy",)),
    Room("shared.contracts", ("shared.domain",), ("pydantic", "zstandard")),
    Room("shared.stores", ("shared.domain", "shared.aws"), ("botocore", "zstandard")),
    Room("shared.stores.tables", (), ()),
    Room("shared.stores.lifecycles", ("shared.stores.tables",), ()),
    Room("shared.destinations", ("shared.domain", "shared.contracts", "shared.aws"), ()),
    *(
        Room(f"shared.destinations.{pure}", ("shared.domain", "shared.contracts", *_DECLARED), ())
        for pure in (
            "contract",
            "fields",
            "payload",
            "webhook.mapping",
            "stream.mapping",
            "partner_bus.mapping",
            "s3_list.mapping",
        )
    ),
    Room("shared.lake", ("shared.domain", "shared.stores", "shared.aws"), ("duckdb",)),
    Room("shared.lake.columns", (), ()),
    Room("shared.people", ("shared.domain", "shared.stores", "shared.aws"), ()),
    Room(
        "shared.duplicates",
        ("shared.domain", "shared.lake.scratch", "shared.lake.columns"),
        ("duckdb", "pydantic", "splink"),
    ),
    Room("shared.imports", ("shared.domain", "shared.contracts"), ("duckdb",)),
    Room("shared.opendsr", (*_BELOW_API, "shared.destinations"), ("cryptography",)),
    Room(
        "shared.api", ("shared.domain", "shared.contracts", "shared.stores", "shared.aws"), ("aws_lambda_powertools",)
    ),
    Room("shared.aws", (), ("botocore", "aws_lambda_powertools", "types_boto3_*")),
    Room("functions", (), ()),
    *(Room(f"functions.{name}", ("shared",), ("aws_lambda_powertools", "pydantic", "ulid")) for name in functions()),
    Room("infra", ("shared.stores.tables", "shared.stores.lifecycles", "shared.lake.columns"), _CDK),
    Room("infra.preflight", ("infra.settings",), _AWS),
    Room("infra.destroy", ("infra.settings", "shared.stores.tables"), _AWS),
    Room("app", ("infra",), _CDK),
    Room("cli", ("shared",), None),
    Room("local", ("shared", "cli"), None),
)

CLOCKS_AND_CHANCE = {"now", "utcnow", "today", "environ", "getenv", "uuid1", "uuid4", "urandom"}
IMPURE_MODULES = {"os", "random", "secrets", "socket", "time", "uuid"}


def is_in(name: str, room: str) -> bool:
    return name == room or name.startswith(f"{room}.")


def room_of(module: str) -> Room | None:
    """The smallest room that holds the module."""
    return max((room for room in ROOMS if is_in(module, room.name)), key=lambda room: len(room.name), default=None)


def imported(source: ast.Module) -> Iterator[str]:
    """Every module that a source imports; a name that is a module of ours is given in full."""
    for node in ast.walk(source):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports name their module in full"
            base = node.module or ""
            for alias in node.names:
                full = (ROOT / base.replace(".", "/") / alias.name).with_suffix(".py")
                yield f"{base}.{alias.name}" if full.is_file() else base


def may_import(room: Room, target: str) -> bool:
    package = target.split(".")[0]
    if package in sys.stdlib_module_names:
        return True
    if package in (*CODE, "app", "tests"):
        return any(is_in(target, allowed) for allowed in (room.name, *room.ours))
    return room.others is None or any(
        package.startswith(other[:-1]) if other.endswith("*") else package == other for other in room.others
    )


def impurities(source: ast.Module) -> list[str]:
    """What reaches for the clock, the environment or chance."""
    modules = [name for name in imported(source) if name.split(".")[0] in IMPURE_MODULES]
    names = [n.attr for n in ast.walk(source) if isinstance(n, ast.Attribute) and n.attr in CLOCKS_AND_CHANCE]
    return modules + names


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
def test_a_room_imports_only_what_it_may(room: Room) -> None:
    modules = [path for path in python_files() if room_of(module_name(path)) == room]
    assert modules, f"{room.name} is in the table and not in the tree"
    broken = [
        f"{path} imports {target}"
        for path in modules
        for target in imported(tree(path))
        if not may_import(room, target)
    ]
    assert broken == []


def test_every_module_is_in_a_room() -> None:
    outside = [path for path in python_files() if tree(path).body and room_of(module_name(path)) is None]
    assert outside == []


@pytest.mark.parametrize(
    ("module", "target"),
    [
        ("shared.domain.events", "boto3"),
        ("shared.domain.events", "shared.stores.keys"),
        ("shared.stores.keys", "shared.contracts.bus"),
        ("shared.aws.clients", "shared.domain.events"),
        ("functions.deliver.handler", "boto3"),
        ("functions.deliver.handler", "functions.store_events.handler"),
        ("functions.deliver.handler", "infra.settings"),
        ("infra.stack", "shared.stores.keys"),
        ("infra.stack", "boto3"),
        ("cli.provision", "local.outputs"),
    ],
)
def test_the_table_forbids(module: str, target: str) -> None:
    room = room_of(module)
    assert room is not None
    assert not may_import(room, target)


def test_the_domain_knows_no_clock_no_environment_and_no_chance() -> None:
    found = {
        str(path): impure
        for path in python_files()
        if is_in(module_name(path), "shared.domain") and (impure := impurities(tree(path)))
    }
    assert found == {}


@pytest.mark.parametrize(
    "source",
    ["import random", "from uuid import uuid4", "import os.path", "when = datetime.now(UTC)", "x = os.environ['X']"],
)
def test_an_impure_line_is_seen(source: str) -> None:
    assert impurities(ast.parse(source))


_IN_FEW_BATCHES = ("pydantic", "jsonschema_rs", "duckdb")
_IN_FEW_EVENTS = (
    *("zoneinfo", "phonenumbers"),
    *(f"shared.domain.{name}" for name in ("catalogue", "companies", "destinations", "segments", "profiles")),
)


@pytest.mark.parametrize(
    ("function", "later"),
    [
        ("collect_events", (*_IN_FEW_BATCHES, *_IN_FEW_EVENTS)),
        ("store_events", (*_IN_FEW_BATCHES, *_IN_FEW_EVENTS)),
        ("stitch_identities", _IN_FEW_BATCHES),
        ("sweep_retention", _IN_FEW_BATCHES),
    ],
)
def test_a_function_starts_without_what_few_events_need(function: str, later: tuple[str, ...]) -> None:
    program = f"""
import sys
import tomllib
sys.path.insert(0, {str(ROOT)!r})
import functions.{function}.handler
print([name for name in {later!r} if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_no_start_waits_for_validators_of_shapes() -> None:
    """Their base has pydantic make each when it is first used."""
    others = [
        f"{module}.{name}"
        for path in python_files()
        if is_in(module := module_name(path), "shared.contracts")
        for name, made in vars(import_module(module)).items()
        if isinstance(made, type) and issubclass(made, BaseModel) and made.__module__ == module
        if not made.model_config.get("defer_build")
    ]
    assert others == []


@pytest.mark.parametrize("function", functions())
def test_importing_a_handler_touches_nothing(function: str) -> None:
    """No setting is there to be read, any socket or process ends the import, and botocore waits for its first use.
    Nor is all that is made gone through for garbage.
    """
    program = f"""
import gc
import sys
import tomllib
sys.path.insert(0, {str(ROOT)!r})
def refuse(event, arguments):
    if event.startswith(("socket.", "subprocess.")) and event != "socket.__new__":
        raise SystemExit(f"{{event}} {{arguments}}")
sys.addaudithook(refuse)
before = gc.get_stats()[1]["collections"]
import functions.{function}.handler as module
assert callable(module.handler)
assert "boto3" not in sys.modules and "botocore.session" not in sys.modules, "clients were made ready"
assert gc.get_stats()[1]["collections"] == before, "the garbage collector went through what was made"
"""
    done = subprocess.run([sys.executable, "-I", "-c", program], env={}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("function", functions())
def test_a_function_that_reads_configured_time_zones_brings_them_along(function: str) -> None:
    """Lambda's Python has none of its own, and this machine does."""
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    own = [text(path) for path in python_files() if is_in(module_name(path), f"functions.{function}")]
    zones = [name for name in ("KeptDeclarations", "KeptPacks") if any(name in one for one in own)]
    assert not zones or "tzdata" in groups[function], zones
