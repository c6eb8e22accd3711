"""Commands on probable duplicates: a batch job proposes them, with AWS credentials; a person decides, by the API."""

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from cli.access import Outputs, Stage, console, deployment
from cli.deployment import DeploymentError
from cli.duplicates import Proposed, declared, people_of_file, people_of_stage, propose, write
from cli.printing import table_of
from shared.domain.proposals import Proposal, in_words
from shared.stores.proposal_store import ProposalStore

duplicates = typer.Typer(help="Probable duplicates: pairs of profiles that may be one person.", no_args_is_help=True)

_LEFT_OUT = {
    "decided": "somebody has decided on before",
    "kept_apart": "a cannot-link keeps apart",
    "gone": "have a profile that isn't there any more",
}


class Shown(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


@duplicates.command("find")
def find_command(
    export: Annotated[
        Path | None, typer.Option("--export", help="Rows of people, instead of the stage's profiles")
    ] = None,
    threshold: Annotated[float, typer.Option(min=0.01, max=1, help="Propose what is at least so probable")] = 0.9,
    matching: Annotated[Path | None, typer.Option("--matching", help="YAML: what is compared, and how")] = None,
    most: Annotated[int, typer.Option(min=1, help="Propose so many at most, the weightiest")] = 10_000,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Write nothing")] = False,
    stage: Stage = "dev",
    outputs: Outputs = None,
) -> None:
    """Find pairs of profiles that may be one person, and propose them. Nothing is merged."""
    deployed, compared = deployment(stage, outputs), declared(matching)
    people = people_of_file(export, compared) if export else people_of_stage(deployed, compared)
    with console.status("Reading and comparing people"):
        proposed = propose(deployed, people, compared, threshold, most)
    _tell_found(proposed, threshold)
    if dry_run:
        _print([Proposal(pair, "") for pair in proposed.pairs[:20]])
        return
    counts = write(deployed, proposed, whole=export is None, now=datetime.now(UTC))
    console.print(f"Proposed: {counts['new']} new, {counts['again']} again. Withdrawn: {counts['withdrawn']}.")


@duplicates.command("list")
def list_command(
    state: Annotated[Shown, typer.Option(help="Which")] = Shown.OPEN,
    limit: Annotated[int, typer.Option(min=1, help="How many at most")] = 20,
    stage: Stage = "dev",
    outputs: Outputs = None,
) -> None:
    """Proposals, the weightiest first."""
    store = ProposalStore(deployment(stage, outputs).ledger_table)
    found = sorted(store.list(state.value), key=lambda one: (-one.pair.weight, one.pair.id))
    _print(found[:limit])
    if len(found) > limit:
        console.print(f"{len(found) - limit} more.")


@duplicates.command("show")
def show_command(
    pair: Annotated[str, typer.Argument(help="A pair's id, as `jogakbo duplicates list` prints it")],
    stage: Stage = "dev",
    outputs: Outputs = None,
) -> None:
    """One proposal: who may be one person, and what speaks for and against it."""
    found = ProposalStore(deployment(stage, outputs).ledger_table).get(pair)
    if found is None:
        raise DeploymentError(f"Nobody proposed {pair}. Remedy: `jogakbo duplicates list` names the pairs.")
    console.print(f"{found.pair.first}\n{found.pair.second}")
    console.print(f"Probability {found.pair.probability:.4f}, weight {found.pair.weight:+.1f} bits.")
    for sentence in in_words(found.pair):
        console.print(sentence, soft_wrap=True)
    told = f" by {found.decided_by} at {found.decided_at}" if found.decided_by else f", found at {found.found_at}"
    console.print(f"{found.state.capitalize()}{told}.")


def _tell_found(proposed: Proposed, threshold: float) -> None:
    found = proposed.found
    console.print(
        f"{found.people:,} people, {found.compared:,} pairs compared, {found.above:,} at {threshold} or above."
    )
    for reason, pairs in proposed.left_out.items():
        console.print(f"Left out: {pairs:,} that {_LEFT_OUT[reason]}.")
    if proposed.too_many:
        console.print(f"Left out: {proposed.too_many:,} that weigh less than the first {len(proposed.pairs):,}.")
    for rule, passed in found.passed.items():
        if passed.blocks_left_out:
            console.print(
                f"Not compared: {passed.people_left_out:,} people in {passed.blocks_left_out:,} blocks by {rule}"
                " that are too large.",
                soft_wrap=True,
            )
    learnt = ", ".join(found.learnt_from) or "nothing, as there were too few duplicates: they are as declared"
    console.print(f"Weights learnt from: {learnt}.", soft_wrap=True)


def _print(proposals: list[Proposal]) -> None:
    if not proposals:
        console.print("None.")
        return
    table = table_of("pair", "probability", "weight", "agrees on")
    for proposal in proposals:
        agrees = ", ".join(f"{e.field} {e.level}" for e in proposal.pair.evidence if e.weight > 0)
        table.add_row(proposal.pair.id, f"{proposal.pair.probability:.4f}", f"{proposal.pair.weight:+.1f}", agrees)
    console.print(table)
