"""The command that shows the ledger of counts, with AWS credentials."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from rich.progress import track

from cli.access import TIMES, Outputs, Stage, console, deployment, time_of
from cli.ledger import Row, check, rows
from cli.printing import table_of
from shared.domain.outcomes import ENDINGS
from shared.domain.times import to_text

_HOUR = len("2026-11-21T09")
_COLUMNS = ("hour", "source", "received", *ENDINGS, "waiting", "folded", "open", "gap")


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
    table = table_of(*_COLUMNS)
    for row in found:
        table.add_row(*_cells(row))
    if found:
        totals = [sum(getattr(row.totals, name) for row in found) for name in ("received", *ENDINGS, "waiting")]
        table.add_section()
        table.add_row("all", "", *map(str, totals), *_sums(found))
    console.print(table)
    for row in found:
        for what, names in row.checked.found.named.items() if row.checked else ():
            console.print(f"{row.hour} {row.source_id} {what}: {', '.join(names)}", soft_wrap=True)


def _hours(first: datetime, last: datetime) -> list[str]:
    full = range(int(first.timestamp()) // 3600 * 3600, int(last.timestamp()) + 1, 3600)
    return [to_text(datetime.fromtimestamp(at, UTC))[:_HOUR] for at in full]


def _cells(row: Row) -> list[str]:
    numbers = [str(getattr(row.totals, name)) for name in ("received", *ENDINGS, "waiting")]
    found = row.checked.found if row.checked else None
    checked = [str(found.folded), str(found.open), str(found.gap)] if found else ["-", "-", "-"]
    return [row.hour, row.source_id, *numbers, *checked]


def _sums(found: list[Row]) -> list[str]:
    checked = [row.checked.found for row in found if row.checked]
    return [str(sum(getattr(one, name) for one in checked)) for name in ("folded", "open", "gap")]
