"""Commands on erasures, with AWS credentials: a receipt proved, and people erased again after a restore."""

import time
from datetime import UTC, datetime
from typing import Annotated

import typer

from cli.access import Outputs, Stage, Yes, console, deployment, problems
from cli.reapplying import Reapplier, reapplier, still_open
from shared.aws.secrets import read_secret
from shared.domain.receipts import is_genuine
from shared.stores.receipt_store import ReceiptStore

_PAUSE_SECONDS = 5
_TOGETHER = "restore events, profiles and ledger to one and the same moment, and do this again."


def receipt(
    request_id: Annotated[str, typer.Argument(help="An erasure's id, as `jogakbo privacy list` prints it")],
    stage: Stage = "dev",
    outputs: Outputs = None,
) -> None:
    """The receipt of an erasure, and whether it is as it was signed."""
    deployed = deployment(stage, outputs)
    found = ReceiptStore(f"{reapplier(deployed).tables}privacy").find(request_id)
    if found is None:
        problems.print(f"{request_id} has no receipt: it is no erasure, or hasn't ended.", style="red")
        raise typer.Exit(1)
    console.print_json(data=found)
    if not is_genuine(found, read_secret(f"jogakbo/{deployed.stage}/receipt-key")):
        problems.print("This is not what was signed.", style="red")
        raise typer.Exit(1)
    console.print("It is as it was signed.")


def reapply(stage: Stage = "dev", outputs: Outputs = None, yes: Yes = False) -> None:
    """Erase again whom a restored backup brought back. Before anything else reads or writes the tables."""
    again = reapplier(deployment(stage, outputs))
    returned = again.returned()
    console.print(f"{len(returned)} erased people are back.")
    if returned:
        if not yes:
            typer.confirm("Erase them again?", abort=True)
        ids = again.erase(returned, datetime.now(UTC))
        _wait(again, ids)
        console.print(f"{len(ids)} erased again. Their receipts: {', '.join(ids)}")
    if lifted := sum(one.was_lifted for one in returned):
        console.print(f"{lifted} had come again since: no backup tells who they are by now: lift it anew.")
    if number := again.unreached():
        problems.print(f"{number} events still name erased people. Remedy: {_TOGETHER}", style="red", soft_wrap=True)
        raise typer.Exit(1)


def _wait(again: Reapplier, ids: list[str]) -> None:
    while left := still_open(again.requests, ids):
        if failed := [one for one in left if one.state == "failed"]:
            for one in failed:
                problems.print(f"{one.id} failed: {one.reason}", style="red", soft_wrap=True)
            raise typer.Exit(1)
        time.sleep(_PAUSE_SECONDS)
