"""The command that shows the ledger of counts, with AWS credentials."""

from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.progress import track
from rich.table import Table

from cli.access import TIMES, Outputs, Stage, console, deployment, time_of
from cli.ledger import Row, check, rows
from shared.domain.outcomes import ENDINGS
from shared.domain.times import to_text

_HOUR = len("2026-11-21T09")
_COUNTED = ("received", *ENDINGS, "waiting")
_ALWAYS = ("received", "stored", "duplicate", "quarantined")
_CHECKED = ("folded", "open", "gap")


def ledger_command(
    source: Annotated[str, typer.Option("--source", help="Id of a source; all without")] = "",
    first: Annotated[str, typer.Option("--from", help=f"First hour of receipt; {TIMES}; a day ago without")] = "",
    last: Annotated[str, typer.Option("--to", help="Last hour; the present one without")] = "",
    checks: Annotated[bool, typer.Option("--check", help="Check these hours now, before they are shown")] = False,
    stage: Stage = "dev",
    outputs: Outputs = None,
) -> None:
    """What became of every event that came in, by source and hour of receipt: received is the sum of the endings."""
    end = time_of(last) if last else datetime.now(UTC)
    start = time_of(first) if first else end - timedelta(days=1)
    if start > end:
        raise typer.BadParameter("--from lies after --to.")
    deployed = deployment(stage, outputs)
    if checks:
        for hour in track(_hours(start, end), "Checking hours", console=console):
            check(deployed, hour)
    found = list(rows(deployed, source, start, end))
    for source_id, of_source in groupby(found, key=lambda row: row.source_id):
        console.print(source_id, style="bold", soft_wrap=True)
        console.print(_table(list(of_source)))
    if not found:
        console.print("Nothing came in.")
    for row in found:
        for what, names in row.checked.found.named.items() if row.checked else ():
            console.print(f"{row.hour} {row.source_id} {what}: {', '.join(names)}", soft_wrap=True)


def _table(of_source: list[Row]) -> Table:
    """The hours of a source and their sum, without the columns of what never happened."""
    seen = [name for name in _COUNTED if name in _ALWAYS or any(getattr(row.totals, name) for row in of_source)]
    table = Table("hour", *seen, *_CHECKED, box=SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    for row in of_source:
        table.add_row(row.hour, *(str(getattr(row.totals, name)) for name in seen), *_checked([row]))
    table.add_section()
    totals = (str(sum(getattr(row.totals, name) for row in of_source)) for name in seen)
    table.add_row("all", *totals, *_checked(of_source))
    for column in table.columns:
        column.no_wrap = True
        column.justify = "left" if column.header == "hour" else "right"
    return table


def _hours(first: datetime, last: datetime) -> list[str]:
    full = range(int(first.timestamp()) // 3600 * 3600, int(last.timestamp()) + 1, 3600)
    return [to_text(datetime.fromtimestamp(at, UTC))[:_HOUR] for at in full]


def _checked(of_source: list[Row]) -> list[str]:
    """What the checks found; `-` where no hour was checked yet."""
    checked = [row.checked.found for row in of_source if row.checked]
    return [str(sum(getattr(one, name) for one in checked)) if checked else "-" for name in _CHECKED]
