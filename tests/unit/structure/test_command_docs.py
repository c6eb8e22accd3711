"""The `jogakbo` command and the documentation say the same."""

import re
from collections.abc import Iterator

import pytest
import typer
from click import Command, Group

from cli.main import app
from tests.unit.structure.repository import documentation, pages, text

_USED = re.compile(r"(?:bin/|`)jogakbo ((?:[a-z]+(?:-[a-z]+)* ?)+)")


def commands(command: Command, name: str = "jogakbo") -> Iterator[str]:
    """`jogakbo init`, `jogakbo source add` …"""
    if isinstance(command, Group):
        for inner in command.commands.values():
            yield from commands(inner, f"{name} {inner.name}")
    else:
        yield name


COMMANDS = list(commands(typer.main.get_command(app)))


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_documented(command: str) -> None:
    assert command in documentation()


def test_every_documented_command_exists() -> None:
    named = {found.strip() for page in pages() for found in _USED.findall(text(page))}
    unknown = {name for name in named if not any(f"jogakbo {name} ".startswith(f"{command} ") for command in COMMANDS)}
    assert unknown == set()
