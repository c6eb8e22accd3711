"""`python -m local up|down|invoke|demo`: the local cloud from the command line (the Makefile calls it)."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from local.cloud import CloudError, down, running, up
from local.deployment import DeploymentError
from local.invoke import InvokeError, invoke
from local.outputs import Outputs
from local.places import Places
from local.ports import PortError
from local.progress import say

app = typer.Typer(help=__doc__, no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False)


@app.command("up")
def _up(iam: Annotated[bool, typer.Option(help="Enforce IAM in a cloud that is started anew.")] = False) -> None:
    """Start the local cloud and deploy to it."""
    places = Places.of_environment()
    outputs = up(places, iam=iam)
    say(f"collect  {outputs.collect_url}   write key {outputs.write_key}")
    say(f"read     {outputs.api_url}   API token {outputs.api_token}")
    say(f"All of it is in {places.outputs}. Stop it with: make down")


@app.command("down")
def _down() -> None:
    """Stop the local cloud and remove its state."""
    say("The local cloud is stopped." if down(Places.of_environment()) else "No local cloud was running.")


@app.command("invoke")
def _invoke(function: str, event: Path) -> None:
    """Invoke FUNCTION (as its folder is called) with the JSON file EVENT."""
    if not invoke(_running(), function, event):
        raise typer.Exit(1)


@app.command("demo")
def _demo() -> None:
    """Run the whole product with a shop's clickstream."""
    from local.demo.run import main

    main()


def _running() -> Outputs:
    outputs = running(Places.of_environment())
    if outputs is None:
        raise CloudError("The local cloud is not running. Remedy: make up")
    return outputs


if __name__ == "__main__":
    try:
        app()
    except (CloudError, DeploymentError, InvokeError, PortError) as error:
        sys.exit(str(error))
