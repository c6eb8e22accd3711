"""Commands that follow events: live, one by one, and into stitching again; with AWS credentials."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from cli.access import TIMES, Outputs, Stage, Yes, console, deployment, time_of
from cli.commands_lake import Engine, asking
from cli.deployment import DeploymentError
from cli.lake_dry_run import elements, item_in
from cli.lake_replay import replay, stored_keys
from cli.lake_tail import follow, shown
from cli.lake_trace import trace
from shared.domain.dry_runs import dry_run
from shared.domain.mapping import Mapping
from shared.domain.times import to_text
from shared.domain.tracking_plans import TrackingPlan
from shared.stores.outcome_log import KEPT_DAYS, OutcomeLog

_LOOK_SECONDS = 1.0

From = Annotated[str, typer.Option("--from", help=f"From when; {TIMES}")]
To = Annotated[str, typer.Option("--to", help="Until when; now without")]


def tail(
    source: Annotated[str, typer.Option(help="Only this source")] = "",
    first: Annotated[str, typer.Option("--from", help=f"From when; now without. {TIMES}")] = "",
    seconds: Annotated[float, typer.Option("--for", help="Stop after so many seconds; 0: go on until Ctrl-C")] = 0,
    stage: Stage = "dev",
    outputs: Outputs = None,
) -> None:
    """Follow events as they are stored: time, source, event, outcome, reason, messageId."""
    start = time_of(first) if first else datetime.now(UTC)
    end = datetime.now(UTC) + timedelta(seconds=seconds) if seconds else None
    log = OutcomeLog(deployment(stage, outputs).log_bucket)

    def goes_on(looked: datetime) -> bool:
        if end and looked >= end:
            return False
        time.sleep(_LOOK_SECONDS)
        return True

    for line in follow(log, start, goes_on):
        if source in ("", line["source_id"]):
            typer.echo(shown(line))


def trace_command(
    message_id: str,
    first: Annotated[str, typer.Option("--from", help=f"Look at outcomes from then; a day ago without. {TIMES}")] = "",
    last: To = "",
    engine: Engine = "auto",
    stage: Stage = "dev",
    outputs: Outputs = None,
) -> None:
    """Say where an event is: how it ended and why, its key, if the table still has it, whose it is, its lake file."""
    deployed = deployment(stage, outputs)
    end = time_of(last) if last else datetime.now(UTC)
    start = time_of(first) if first else end - timedelta(days=1)
    found = list(trace(deployed, message_id, start, end, asking(deployed, engine, outputs)))
    if not found:
        raise DeploymentError(
            f"Nobody has seen {message_id}: not among the outcomes since {to_text(start)} and not in the lake."
            f" Remedy: --from looks further back, up to {KEPT_DAYS} days; the client's logs tell whether it was sent."
        )
    for line in found:
        typer.echo(line)


def replay_command(
    source: Annotated[str, typer.Option(help="Id of the source")],
    first: From,
    last: To = "",
    per_second: Annotated[int, typer.Option(min=1, help="Events a second")] = 500,
    engine: Engine = "auto",
    stage: Stage = "dev",
    outputs: Outputs = None,
    yes: Yes = False,
) -> None:
    """Send the stored events of a source that happened in a time range into stitching again, and rebuild their people.

    Facts are published where that changes something, with the cause `replay`.
    """
    deployed = deployment(stage, outputs)
    start, end = time_of(first), time_of(last) if last else datetime.now(UTC)
    keys = stored_keys(asking(deployed, engine, outputs), source, start, end)
    console.print(f"{len(keys)} events of {source} from {to_text(start)} to {to_text(end)} are in the lake and stored.")
    if not keys:
        return
    if not yes:
        typer.confirm("Send them into stitching again?", abort=True)
    with Progress(console=console) as progress:
        task = progress.add_task("Replaying", total=len(keys))
        for sent in replay(deployed, keys, datetime.now(UTC), per_second):
            progress.advance(task, sent)
    console.print(f"Sent {len(keys)} events to the stitch-retries queue.")


def dry_run_command(
    source: Annotated[str, typer.Option(help="Id of the source")],
    first: From,
    last: To = "",
    plan: Annotated[Path | None, typer.Option(help="A tracking plan as configuration as code has it")] = None,
    mapping: Annotated[Path | None, typer.Option(help="A mapping, the same")] = None,
    limit: Annotated[int, typer.Option(min=1, help="The newest so many events")] = 100_000,
    engine: Engine = "auto",
    stage: Stage = "dev",
    outputs: Outputs = None,
) -> None:
    """Print what a new tracking plan or mapping would have done to stored events. Nothing is changed."""
    rules, checks = item_in(mapping, Mapping), item_in(plan, TrackingPlan)
    if rules is None and checks is None:
        raise typer.BadParameter("Name a file: --plan, --mapping or both.")
    deployed = deployment(stage, outputs)
    start, end = time_of(first), time_of(last) if last else datetime.now(UTC)
    report = dry_run(elements(asking(deployed, engine, outputs), source, start, end, limit), rules, checks)
    console.print(f"{sum(report.outcomes.values())} events of {source} from {to_text(start)} to {to_text(end)}:")
    for outcome, times in sorted(report.outcomes.items()):
        console.print(f"  {times:>9}  {outcome}")
    for note, times in report.notes.most_common():
        examples = ", ".join(report.examples.get(note, []))
        console.print(f"  {times:>9}  {note}{f'  e.g. {examples}' if examples else ''}", soft_wrap=True)
