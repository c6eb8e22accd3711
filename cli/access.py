"""Which deployment a command speaks to, and how its problems are told."""

import json
import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from typer.core import TyperGroup

from cli.deployment import Deployment, DeploymentError, of_file, of_stack, stack_outputs
from shared.domain.times import from_text

_WIDTH = None if sys.stdout.isatty() or "COLUMNS" in os.environ else 200
"""A file or a pipe takes long lines: a table folded into 80 columns is of no use there."""
console = Console(
    width=_WIDTH, highlight=False, markup=False, emoji=False
)  # names may hold brackets, and `:x:` is no cross
problems = Console(stderr=True, highlight=False, markup=False, emoji=False)

_REMEDY = (
    "Remedy: AWS credentials and a region (AWS_DEFAULT_REGION);"
    " for the local cloud make up, then --outputs .local/outputs.json"
)

TIMES = "ISO 8601, UTC where it has no offset, e.g. 2026-11-21T09:30"

Stage = Annotated[str, typer.Option("--stage", help="Stage of the deployment, with AWS credentials")]
Outputs = Annotated[
    Path | None, typer.Option("--outputs", help="outputs.json of the local cloud instead, e.g. .local/outputs.json")
]
Yes = Annotated[bool, typer.Option("--yes", help="Don't ask")]


class Commands(TyperGroup):
    """Tells what is wrong in a sentence instead of a traceback, where the remedy lies with the user."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except (DeploymentError, BotoCoreError, ClientError) as error:
            remedy = f" {_REMEDY}" if isinstance(error, BotoCoreError) else ""
            problems.print(f"{error}{remedy}", style="red", soft_wrap=True)
            raise typer.Exit(1) from error


def deployment(stage: str, outputs: Path | None) -> Deployment:
    """The deployment of a stage; with `outputs` the local cloud, whose settings this process then takes on."""
    if outputs is None:
        return of_stack(stage, stack_outputs(stage))
    found = of_file(outputs)
    content = json.loads(outputs.read_text())
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]  # a profile or a token would win over the endpoint
    os.environ |= {
        "AWS_ENDPOINT_URL": content["aws_endpoint_url"],
        "AWS_DEFAULT_REGION": content["region"],
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }
    return found


def time_of(text: str) -> datetime:
    """A time as TIMES says; an hour alone (`2026-11-21T09`) is its beginning."""
    try:
        return from_text(f"{text}:00" if len(text) == len("2026-11-21T09") else text)
    except ValueError as error:
        raise typer.BadParameter(f"{text} is no time. {TIMES}") from error
