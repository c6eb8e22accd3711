"""Commands about identity rules: what others would have made of the people there are."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from cli.access import TIMES, Outputs, Stage, console, deployment, time_of
from cli.commands_lake import copy_of
from cli.lake_dry_run import item_in
from cli.lake_identity import Staged, happened, stage
from cli.printing import table_of
from shared.domain.identity_dry_run import Example, Person, Report, compare, decide_all
from shared.domain.identity_rules import DEFAULT_ID, RULES, IdentityRules
from shared.lake.scratch import scratch

identity = typer.Typer(help="Who is who: what other identity rules would make of it.", no_args_is_help=True)

MEMORY_MB = 1024
_MOST_NAMED = 6
Shown = Callable[[Person], str]


@identity.command("dry-run")
def dry_run_command(
    rules: Annotated[Path, typer.Argument(help="Identity rules as configuration as code has them")],
    first: Annotated[str, typer.Option("--from", help=f"Only events that happened from then on. {TIMES}")] = "",
    last: Annotated[str, typer.Option("--to", help="And until then")] = "",
    source: Annotated[str, typer.Option(help="Only this source")] = "",
    ids: Annotated[bool, typer.Option("--ids", help="Show profile ids in place of identifiers")] = False,
    stage_name: Stage = "dev",
    outputs: Outputs = None,
) -> None:
    """Print whom new identity rules would merge, split or keep apart, over the events of the lake. Nothing is changed.

    The lake is copied to this machine first, as for `jogakbo sql --engine duckdb`.
    """
    proposed = item_in(rules, IdentityRules, DEFAULT_ID)
    if proposed is None:
        raise typer.BadParameter("Name a file.")
    deployed = deployment(stage_name, outputs)
    today = deployed.catalogue.find(IdentityRules, DEFAULT_ID) or RULES
    condition = happened(source, _moment(first), _moment(last))
    with scratch(MEMORY_MB) as space:
        staged = stage(copy_of(deployed, outputs), space, condition, today.naming, proposed.naming)
        outcome = decide_all(staged.history("today"), today)
        report = compare(outcome, decide_all(staged.history("proposed"), proposed))
        console.print(f"{report.events} events in the order of storing, by today's rules and by {rules}:")
        _say(report)
        _examples(report, _by_ids(staged) if ids else _by_names, shows_values=not ids)
        console.print(f"Live, these events belong to {staged.live()} people.")
    console.print(
        "A dry run starts from nobody and decides from these events alone. Live, rules of before, operators' merges,"
        " splits and cannot-links, and events that are gone had their say too: the two may differ. Nothing was changed."
    )


def _moment(text: str) -> datetime | None:
    return time_of(text) if text else None


def _say(report: Report) -> None:
    table = table_of("", "today", "proposed")
    table.add_row("people", *map(str, report.people))
    table.add_row("events that name nobody", *map(str, report.nameless))
    for reason, numbers in report.kept_apart.items():
        table.add_row(f"identifiers kept apart: {reason}", *map(str, numbers))
    console.print(table)
    console.print(f"{report.merging} people would merge into {report.merged}.")
    console.print(f"{report.splitting} people would split into {report.split}.")


def _examples(report: Report, shown: Shown, shows_values: bool) -> None:
    for heading, examples in (("Would merge", report.merges), ("Would split", report.splits)):
        for number, example in enumerate(examples, 1):
            console.print(f"{heading}, example {number}:")
            _print(_lines(example, shown))
    for apart in report.aparts:
        named = apart.identifier if shows_values else apart.identifier.partition(":")[0]
        console.print(f"Would be kept apart by {apart.reason}: {named} from {shown(apart.person)}", soft_wrap=True)
    if shows_values and (report.merges or report.splits or report.aparts):
        console.print("Examples are personal data, shown to you alone and kept nowhere; --ids shows profile ids.")


def _lines(example: Example, shown: Shown) -> list[str]:
    return [*map(shown, example.parts), *([f"and {example.more} more"] if example.more else [])]


def _print(lines: Sequence[str]) -> None:
    for line in lines:
        console.print(f"  {line}", soft_wrap=True)


def _by_names(person: Person) -> str:
    named = person.identifiers[:_MOST_NAMED]
    left = len(person.identifiers) - len(named)
    return ", ".join(named) + (f" and {left} more" if left else "")


def _by_ids(staged: Staged) -> Shown:
    return lambda person: staged.profile_of(person.event)
