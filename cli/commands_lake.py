"""Commands over the event lake, with AWS credentials."""

import json
from datetime import UTC, datetime
from typing import Annotated, Any

import boto3
import typer
from botocore.config import Config
from rich.progress import track

from cli.access import Outputs, Stage, console, deployment, time_of
from cli.deployment import Deployment, DeploymentError
from shared.domain.times import to_text

lake = typer.Typer(help="The event lake: Parquet files of every stored event.", no_args_is_help=True)

_LONGEST_SECONDS = 910
_HOUR = len("2026-11-21T09")

From = Annotated[str, typer.Option("--from", help="First hour of storing, e.g. 2026-11-21T09")]
To = Annotated[str, typer.Option("--to", help="Last hour; without it the one that runs")]


@lake.command("build")
def build(first: From = "", last: To = "", stage: Stage = "dev", outputs: Outputs = None) -> None:
    """Build every closed hour that is missing; with --from these hours again, the one that runs among them."""
    deployed = deployment(stage, outputs)
    if not first:
        left = 1
        while left:
            told = _invoke(deployed, {})
            left = told["left"]
            _say(told["hours"])
        return
    start, end = time_of(first), time_of(last) if last else datetime.now(UTC)
    hours = [to_text(datetime.fromtimestamp(at, UTC))[:_HOUR] for at in _hours(start, end)]
    done = [_invoke(deployed, {"hour": hour}) for hour in track(hours, "Building hours", console=console)]
    _say([hour for told in done for hour in told["hours"]])


def _hours(first: datetime, last: datetime) -> range:
    return range(int(first.timestamp()) // 3600 * 3600, int(last.timestamp()) + 1, 3600)


def _invoke(deployed: Deployment, message: dict[str, Any]) -> dict[str, Any]:
    client = boto3.client("lambda", config=Config(read_timeout=_LONGEST_SECONDS, retries={"total_max_attempts": 1}))
    answer = client.invoke(FunctionName=f"jogakbo-{deployed.stage}-build_lake", Payload=json.dumps(message).encode())
    told: dict[str, Any] = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        raise DeploymentError(f"The lake isn't built: {told.get('errorType')}: {told.get('errorMessage')}")
    return told


def _say(hours: list[dict[str, Any]]) -> None:
    events, files = (sum(hour[name] for hour in hours) for name in ("events", "files"))
    console.print(f"Built {len(hours)} hours: {events} events, {files} files written.")
