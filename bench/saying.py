"""What a run prints: tables in columns, goals with what was measured, and what changed since the last run."""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from bench.results import Cell, Goal, Part, Run, Table


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


@dataclass
class Progress:
    """Says how far a long run has come, every half a minute. The other clocks of a run may be simulated."""

    events: int
    _began: float = field(default_factory=time.perf_counter)
    _said: float = 0.0

    def reached(self, number: int) -> None:
        took = time.perf_counter() - self._began
        if took - self._said >= _EVERY:
            self._said = took
            say(f"  {number:,} of {self.events:,} events in {took:.0f} s")


_EVERY = 30.0


def said(part: Part) -> str:
    lines = [f"{part.title} ({part.seconds:.0f} s)"]
    for table in part.tables:
        lines += ["", table.title, *_columns(table), *([table.note] if table.note else [])]
    lines += ["", *(_goal(goal) for goal in part.goals)] if part.goals else []
    return "\n".join([*lines, ""])


def compared(run: Run, before: Run | None) -> str:
    """Each goal beside what the last run measured."""
    if before is None:
        return "Nothing to compare with yet."
    then = {goal.figure: goal.measured for goal in before.goals()}
    lines = [f"Since {before.at} ({before.commit}):"]
    for goal in run.goals():
        if goal.figure in then:
            lines.append(f"  {goal.figure}: {shown(then[goal.figure])} -> {shown(goal.measured)}")
    return "\n".join(lines)


def shown(cell: Cell) -> str:
    """Numbers to four figures that count."""
    if isinstance(cell, float):
        return f"{cell:,.0f}" if abs(cell) >= 10_000 else f"{cell:.4g}"
    return "" if cell is None else f"{cell:,}" if isinstance(cell, int) else cell


def _goal(goal: Goal) -> str:
    met = "met" if goal.is_met else f"missed: {goal.why}"
    return f"  {goal.figure}: {shown(goal.measured)} of at most {shown(goal.goal)}, {met}"


def _columns(table: Table) -> list[str]:
    rows: Sequence[Sequence[str]] = [table.columns, *([shown(cell) for cell in row] for row in table.rows)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  " + "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)) for row in rows]
