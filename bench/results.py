"""What a run of the bench found: one JSON document of a schema that docs/bench.md describes."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

SCHEMA = 1
RESULTS = Path(__file__).parent / "results"
Cell = str | int | float | None
Kind = Literal["units", "cpu", "init", "growth", "latency", "races"]
"""The parts, each a module of bench.parts, in the order in which they run."""


@dataclass(frozen=True, slots=True)
class Curve:
    """How a table is drawn: columns by name, `y` over `x`; `log`: both axes are logarithmic."""

    x: str
    y: tuple[str, ...]
    log: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """`name` is unique in its part. Units stand in the names of the columns."""

    name: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    curve: Curve | None = None


@dataclass(frozen=True, slots=True)
class Goal:
    """A figure that less is better of. `why`: where it is missed, why."""

    figure: str
    goal: float
    measured: float
    why: str = ""

    @property
    def is_met(self) -> bool:
        return self.measured <= self.goal


@dataclass(frozen=True, slots=True)
class Part:
    name: str
    title: str
    tables: tuple[Table, ...]
    goals: tuple[Goal, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Run:
    """`at`: UTC text. `load`: of the machine when the run began, as `uptime` says it; figures of a busy one are worth
    less. `is_whole`: with ALL=1.
    """

    at: str
    commit: str
    machine: str
    load: float
    is_whole: bool
    parts: tuple[Part, ...] = field(default=())
    schema: int = SCHEMA

    def goals(self) -> Iterator[Goal]:
        for part in self.parts:
            yield from part.goals

    def save(self) -> Path:
        RESULTS.mkdir(exist_ok=True)
        path = RESULTS / f"{self.at[:16].replace(':', '')}Z.json"
        path.write_text(json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n")
        return path


def load(path: Path) -> Run:
    """A run as it was saved. Raises ValueError for one of another schema."""
    found = json.loads(path.read_text())
    if found["schema"] != SCHEMA:
        raise ValueError(f"{path} has schema {found['schema']}; this bench reads {SCHEMA}.")
    return Run(**{**found, "parts": tuple(map(part_of, found["parts"]))})


def part_of(found: dict[str, Any]) -> Part:
    tables = tuple(_table(one) for one in found["tables"])
    return Part(**{**found, "tables": tables, "goals": tuple(Goal(**one) for one in found["goals"])})


def _table(found: dict[str, Any]) -> Table:
    curve = found["curve"] and Curve(**{**found["curve"], "y": tuple(found["curve"]["y"])})
    rows = tuple(tuple(row) for row in found["rows"])
    return Table(**{**found, "columns": tuple(found["columns"]), "rows": rows, "curve": curve})


def runs() -> list[Run]:
    """All that are kept, oldest first."""
    return [load(path) for path in sorted(RESULTS.glob("*.json"))]


def last_like(run: Run) -> Run | None:
    """The newest one before, as whole as this one."""
    return next((one for one in reversed(runs()) if one.is_whole == run.is_whole and one.at < run.at), None)
