"""Commands over the event lake, with AWS credentials."""

import csv
import io
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import boto3
import typer
from botocore.config import Config
from rich.progress import track
from rich.table import Table as RichTable

from cli.access import Outputs, Stage, console, deployment, time_of
from cli.deployment import Deployment, DeploymentError
from cli.lake_cache import LakeCache
from cli.lake_engines import Table, athena_engine, duckdb_engine
from shared.domain.times import to_text
from shared.lake.files import LakeFiles

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


def sql(
    query: Annotated[str, typer.Argument(help="Athena's dialect over events and merges; - reads it from stdin")],
    output: Annotated[Literal["table", "csv", "json"], typer.Option(help="How rows are shown")] = "table",
    engine: Annotated[
        Literal["auto", "duckdb", "athena"], typer.Option(help="Where it runs; auto: here for the local stage")
    ] = "auto",
    stage: Stage = "dev",
    outputs: Outputs = None,
) -> None:
    """Ask the event lake. With DuckDB the lake is copied to this machine first, and kept up to date there."""
    deployed = deployment(stage, outputs)
    text = sys.stdin.read() if query == "-" else query
    here = engine == "duckdb" or (engine == "auto" and deployed.stage == "local")
    _show(duckdb_engine(cache_of(deployed), text) if here else athena_engine(deployed.stage, text), output)


def cache_of(deployed: Deployment) -> LakeCache:
    """The copy of a deployment's lake, below the folder that the system has for programs' data."""
    return LakeCache(LakeFiles(deployed.log_bucket), Path(typer.get_app_dir("jogakbo")) / "lake" / deployed.log_bucket)


def _show(table: Table, output: str) -> None:
    if output == "json":
        rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
        typer.echo(json.dumps(rows, default=str, ensure_ascii=False, indent=2))
    elif output == "csv":
        text = io.StringIO()
        csv.writer(text).writerows([table.columns, *table.rows])
        typer.echo(text.getvalue(), nl=False)
    else:
        shown = RichTable(*table.columns)
        for row in table.rows:
            shown.add_row(*("" if value is None else str(value) for value in row))
        console.print(shown)
