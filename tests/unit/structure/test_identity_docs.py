"""docs/identity.md tells of identity as the code decides it: its examples are stitched, and it has every reason."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.people import Cdp, make_event
from tests.unit.structure.repository import text, tree

PAGE = text("docs/identity.md")
ROWS = [
    tuple(cell.strip() for cell in line.strip("|").split("|"))
    for line in PAGE.split("## Examples")[1].split("## Reasons")[0].splitlines()
    if line.startswith("| `")
]
MODULES = ("shared/domain/identity.py", "shared/domain/stitching.py")
REASON_AT = {"Demotion": 1, "_enter": 3}
FIELDS = {"user_id": "userId", "anonymous_id": "anonymousId"}


def groups(cell: str) -> list[list[str]]:
    """`a b`; `c` as lists of identifiers."""
    return [found.split() for found in re.findall(r"`([^`]+)`", cell)]


def body(identifiers: list[str]) -> dict[str, Any]:
    pairs = [one.split(":", 1) for one in identifiers]
    ids = {FIELDS[name]: value for name, value in pairs if name in FIELDS}
    return {**ids, "properties": {name: value for name, value in pairs if name not in FIELDS}}


@pytest.mark.parametrize(("events", "people", "reasons"), ROWS, ids=[row[0] for row in ROWS])
def test_an_example_ends_in_the_people_that_the_page_says(events: str, people: str, reasons: str) -> None:
    cdp = Cdp().take(make_event(body(identifiers), day) for day, identifiers in enumerate(groups(events)))
    assert cdp.groups() == sorted(map(sorted, groups(people)))
    told = {entry.reason for entry in cdp.people.ledger.values()} - {"no_owner", "seen_together", "contested"}
    assert told == {reason for group in groups(reasons) for reason in group}


def reasons() -> Iterator[str]:
    """What decisions are made for: demotions, entries of the ledger, broken rules; of `limit:{namespace}` `limit:`."""
    for node in (node for module in MODULES for node in ast.walk(tree(Path(module)))):
        name = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
        if isinstance(node, ast.Call) and name in REASON_AT:
            yield from _texts(node.args[REASON_AT[name]])
        elif isinstance(node, ast.FunctionDef) and node.name == "_broken":
            yield from (
                said for inner in ast.walk(node) if isinstance(inner, ast.Return) for said in _texts(inner.value)
            )


def _texts(node: ast.expr | None) -> Iterator[str]:
    part = node.values[0] if isinstance(node, ast.JoinedStr) else node
    if isinstance(part, ast.Constant) and isinstance(part.value, str):
        yield part.value


def test_every_reason_of_a_decision_is_on_the_page() -> None:
    found = {*reasons()}
    assert {"limit:", "seen_together", "unknown_user_id"} <= found
    assert {reason for reason in found if f"| `{reason}" not in PAGE} == set()
