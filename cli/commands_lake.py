"""Commands over the event lake, with AWS credentials."""

import csv
import io
import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
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
from shared.domain.times import hours
from shared.lake.files import LakeFiles

lake = typer.Typer(help="The event lake: Parquet files of every stored event.", no_args_is_help=True)

_LONGEST_SECONDS = 910

From = Annotated[str, typer.Option("--from", help="First hour of storing, e.g. 2026-11-21T09")]
To = Annotated[str, typer.Option("--to", help="Last hour; without it the one that runs")]
Engine = Annotated[
    Literal["auto", "duckdb", "athena"], typer.Option(help="Who reads the lake; auto: DuckDB here for the local stage")
]


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
    named = list(hours(start, end))
    done = [_invoke(deployed, {"hour": hour}) for hour in track(named, "Building hours", console=console)]
    _say([hour for told in done for hour in told["hours"]])


@lake.command("snapshot")
def snapshot(stage: Stage = "dev", outputs: Outputs = None) -> None:
    """Take the profile snapshot anew; each night it is taken by itself."""
    told = _invoke(deployment(stage, outputs), {"snapshot": True})
    console.print(f"The snapshot has {told['people']} people.")


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
    if not hours:
        console.print("No closed hour is missing. Build the one that runs by --from.")


def sql(
    query: Annotated[str, typer.Argument(help="Athena's dialect over events, merges, profiles; - reads it from stdin")],
    output: Annotated[Literal["table", "csv", "json"], typer.Option(help="How rows are shown")] = "table",
    engine: Engine = "auto",
    stage: Stage = "dev",
    outputs: Outputs = None,
) -> None:
    """Ask the event lake. With DuckDB the lake is copied to this machine first, and kept up to date there."""
    deployed = deployment(stage, outputs)
    text = sys.stdin.read() if query == "-" else query
    _show(asking(deployed, engine, outputs)(text), output)


def asking(deployed: Deployment, engine: str, outputs: Path | None = None) -> Callable[[str], Table]:
    """Who answers queries over a deployment's lake."""
    if engine == "duckdb" or (engine == "auto" and deployed.stage == "local"):
        return partial(duckdb_engine, copy_of(deployed, outputs))
    return partial(athena_engine, deployed.stage)


def copy_of(deployed: Deployment, outputs: Path | None = None) -> LakeCache:
    """The copy of its lake: beside the local cloud's file, or else in the folder for programs' data."""
    beside = outputs.resolve().parent if outputs else Path(typer.get_app_dir("jogakbo"))
    return LakeCache(LakeFiles(deployed.log_bucket), beside / "lake" / deployed.log_bucket)


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
