"""The `jogakbo` command and the documentation say the same."""

import re
from collections.abc import Iterator

import pytest
from typer import Typer
from typer.main import get_command_name

from cli.main import app
from tests.unit.structure.repository import documentation, pages, text

_USED = re.compile(r"(?:bin/|`)jogakbo ((?:[a-z]+(?:-[a-z]+)* ?)+)")


def commands(typer: Typer, name: str = "jogakbo") -> Iterator[str]:
    """`jogakbo init`, `jogakbo source add` …"""
    for info in typer.registered_commands:
        assert info.callback is not None
        yield f"{name} {info.name or get_command_name(info.callback.__name__)}"
    for group in typer.registered_groups:
        assert group.typer_instance is not None
        yield from commands(group.typer_instance, f"{name} {group.name or group.typer_instance.info.name}")


COMMANDS = list(commands(app))


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_documented(command: str) -> None:
    assert command in documentation()


def test_every_documented_command_exists() -> None:
    named = {found.strip() for page in pages() for found in _USED.findall(text(page))}
    unknown = {name for name in named if not any(f"jogakbo {name} ".startswith(f"{command} ") for command in COMMANDS)}
    assert unknown == set()
