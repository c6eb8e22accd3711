"""docs/segments.md: its conditions and windows are taken when saved, and every kind of them is there."""

import re
from typing import Any

import pytest
import yaml

from shared.domain.configuration import read
from shared.domain.segments.comparing import OPERATORS
from shared.domain.segments.definition import LEAVES, Segment
from tests.unit.structure.repository import text

PAGE = text("docs/segments.md")
BLOCKS = [yaml.safe_load(found) for found in re.findall(r"```yaml condition\n(.*?)```", PAGE, re.DOTALL)]
ROWS = [yaml.safe_load(found) for found in re.findall(r"^\| `(\{.*?\})` \|", PAGE, re.MULTILINE)]
WINDOWS = [one for one in ROWS if one.keys() <= {"last", "align", "since", "until"}]
CONDITIONS = [*BLOCKS, *(one for one in ROWS if one not in WINDOWS)]


@pytest.mark.parametrize("where", [*CONDITIONS, *({"event": "", "window": one} for one in WINDOWS)], ids=str)
def test_a_documented_condition_is_taken_when_saved(where: dict[str, Any]) -> None:
    found = read("segment", "example", {"name": "Example", "where": where})
    assert isinstance(found, Segment), found


def test_every_kind_of_condition_and_every_operator_is_documented() -> None:
    assert {name for name in LEAVES if any(name in one for one in CONDITIONS)} == {*LEAVES}
    for kind, operators in OPERATORS.items():
        row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{kind}` |"))
        said = {*re.findall(r"`(\w+)`", row.split("|")[2]), "exists", "missing"}
        assert said == {*operators}, kind
    assert len(WINDOWS) == 3
