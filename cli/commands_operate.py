"""Commands that check and repair a deployment, with AWS credentials."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from cli.access import TIMES, Outputs, Stage, Yes, console, deployment, problems, time_of
from cli.deployment import Deployment
from cli.failed import FUNCTIONS, failed_batches, hand_over
from cli.redrive import logged_objects, send
from cli.smoke import sender, smoke, temporary_write_key
from shared.domain.times import to_text


def smoke_command(stage: Stage = "dev", outputs: Outputs = None) -> None:
    """Send one marked event and see it on the bus."""
    deployed = deployment(stage, outputs)
    with temporary_write_key(deployed) as write_key, console.status("One marked event is on its way to the bus"):
        seconds = smoke(deployed, sender(deployed.collect_url, write_key))
    console.print(f"{deployed.stage} works: from an accepted event to its fact on the bus in {seconds:.1f} s.")


def redrive_command(
    first: Annotated[str, typer.Option("--from", help=f"From when; {TIMES}")] = "",
    last: Annotated[str, typer.Option("--to", help="Until when; now without")] = "",
    failed: Annotated[bool, typer.Option("--failed", help="What Lambda gave up then, or ever")] = False,
    stage: Stage = "dev",
    outputs: Outputs = None,
    yes: Yes = False,
) -> None:
    """Take everything that arrived in a time range again, and publish again what has changed since it began.

    With --failed only what Lambda gave up: stream records that a function could not take.
    """
    if not first and not failed:
        raise typer.BadParameter("Say --from, or --failed.")
    start, end = time_of(first) if first else None, time_of(last) if last else datetime.now(UTC)
    if start and start > end:
        raise typer.BadParameter("--from lies after --to.")
    deployed = deployment(stage, outputs)
    if start is None or failed:
        _redrive_failed(deployed, start, end, yes)
        return
    objects = logged_objects(deployed, start, end)
    console.print(f"{len(objects)} objects arrived in the hours from {to_text(start)} to {to_text(end)}.")
    if not objects:
        return
    if not yes:
        typer.confirm("Take them again? What is stored already stays as it is.", abort=True)
    console.print(f"Sent {send(deployed, objects, start)} messages to the store-retries queue.")


def _redrive_failed(deployed: Deployment, start: datetime | None, end: datetime, yes: bool) -> None:
    keys = failed_batches(deployed, start, end)
    console.print(f"{len(keys)} batches were given up.")
    if not keys:
        return
    if not yes:
        typer.confirm("Hand them over again? Mend first what they broke on.", abort=True)
    sent, unreadable = hand_over(deployed, keys)
    for stream, batches in sent.items():
        console.print(f"{stream:<10} {batches:>6} to the retry queue of {FUNCTIONS[stream]}")
    for problem in unreadable:
        problems.print(problem, style="red", soft_wrap=True)
    if unreadable:
        raise typer.Exit(1)
