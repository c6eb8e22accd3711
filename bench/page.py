"""docs/bench.md and its pictures, made of a run alone."""

from collections.abc import Iterable
from pathlib import Path

from bench.results import Curve, Goal, Part, Run, Table
from bench.saying import compared, shown

DOCS = Path(__file__).parent.parent / "docs"
PICTURES = DOCS / "bench"
_HEAD = """# What it costs

Made by `make bench` from {file}: {at}, commit {commit}, {machine}, load {load} at its beginning. Ratios within a run
are worth more than seconds of two runs. How it is measured: [bench/README.md](../bench/README.md).
"""


def write_page(run: Run, before: Run | None) -> Path:
    PICTURES.mkdir(exist_ok=True)
    file = f"bench/results/{run.at[:16].replace(':', '')}Z.json"
    head = _HEAD.format(file=file, at=run.at, commit=run.commit, machine=run.machine, load=run.load)
    sections = [head, _goals([*run.goals()]), *(_section(part) for part in run.parts)]
    if before:
        sections.append(f"## Since the last run\n\n```\n{compared(run, before)}\n```\n")
    page = DOCS / "bench.md"
    page.write_text("\n".join(sections))
    return page


def _goals(goals: list[Goal]) -> str:
    rows = [
        (goal.figure, shown(goal.goal), shown(goal.measured), "met" if goal.is_met else f"missed: {goal.why}")
        for goal in goals
    ]
    return "\n".join(["## The goals", "", *_rows(("figure", "at most", "measured", ""), rows), ""])


def _section(part: Part) -> str:
    lines = [f"## {part.title}", ""]
    for table in part.tables:
        lines += [f"### {table.title}", ""]
        if table.curve:
            lines += [f"![{table.title}](bench/{_drawn(part, table, table.curve)})", ""]
        lines += [*_rows(table.columns, [tuple(map(shown, row)) for row in table.rows]), ""]
        lines += [table.note, ""] if table.note else []
    return "\n".join(lines)


def _rows(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in (columns, ("---",) * len(columns), *rows)]


def _drawn(part: Part, table: Table, curve: Curve) -> str:
    """The picture's file name."""
    from matplotlib import use
    from matplotlib.figure import Figure

    use("agg")
    figure = Figure(figsize=(7, 3.6), dpi=110, layout="constrained")
    axes = figure.subplots()
    xs = [row[table.columns.index(curve.x)] for row in table.rows]
    for name in curve.y:
        axes.plot(xs, [row[table.columns.index(name)] for row in table.rows], marker="o", label=name)
    if curve.log:
        axes.set_xscale("log")
        axes.set_yscale("log")
    axes.set_xlabel(curve.x)
    axes.grid(alpha=0.3)
    axes.legend()
    axes.set_title(table.title, fontsize=10)
    name = f"{part.name}-{table.name}.png"
    figure.savefig(PICTURES / name, metadata={"Software": None})
    return name
