"""Commands that try a segment over the lake before it is published: who would be in, and who come and gone."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.tree import Tree

from cli.access import TIMES, Outputs, Stage, console, deployment, time_of
from cli.commands_lake import copy_of
from cli.commands_segments import grow
from cli.deployment import Deployment, DeploymentError
from cli.lake_dry_run import item_in
from cli.printing import table_of
from cli.segment_samples import reasons
from shared.contracts.segments import reason_view
from shared.domain.computed_attributes import ComputedAttribute
from shared.domain.estimates import PRICES, WRITE_DOLLARS
from shared.domain.identity_rules import DEFAULT_ID, RULES, IdentityRules
from shared.domain.segments.definition import Segment
from shared.lake.segments import dry_running
from shared.lake.segments.dialects import NotInSqlError
from shared.lake.segments.dry_running import Rules
from shared.lake.segments.previewing import NoSnapshotError, Preview
from shared.lake.segments.previewing import preview as previewed
from shared.stores.kept_rules import KeptPurposes

_PAST = timedelta(days=30)
Wanted = Annotated[str, typer.Argument(help="A segment's id, or a file of configuration as code: segments/vip.yaml")]


def preview(
    segment: Wanted,
    sample: Annotated[int, typer.Option(min=0, max=100, help="People shown, each with why they are in")] = 3,
    stage: Stage = "dev",
    outputs: Outputs = None,
) -> None:
    """Who would be in a segment: how many, some of them and why, its overlap with others, what publishing writes."""
    deployed = deployment(stage, outputs)
    wanted, others = _wanted(deployed, segment)
    try:
        with copy_of(deployed, outputs).opened() as lake:
            found = previewed(lake, wanted, others, sample=sample)
    except (NoSnapshotError, NotInSqlError) as error:
        raise DeploymentError(str(error)) from error
    _tell(found)
    for profile_id, reason in reasons(deployed, wanted, found.sample):
        tree = Tree(profile_id)
        grow(tree, reason_view(reason).model_dump())
        console.print(tree, soft_wrap=True)


def dry_run(
    segment: Wanted,
    first: Annotated[str, typer.Option("--from", help=f"Without it 30 days before the end. {TIMES}")] = "",
    last: Annotated[str, typer.Option("--to", help="Without it now")] = "",
    people: Annotated[int, typer.Option(min=1, help="So many people, by a hash of their ids")] = 10_000,
    stage: Stage = "dev",
    outputs: Outputs = None,
) -> None:
    """Who would have entered and left a segment, day by day, had it been live. Nothing is changed."""
    deployed = deployment(stage, outputs)
    wanted, others = _wanted(deployed, segment)
    end = time_of(last) if last else datetime.now(UTC)
    start = time_of(first) if first else end - _PAST
    if start >= end:
        raise typer.BadParameter("The end of the time (--to, or now) isn't later than its beginning (--from).")
    catalogue = deployed.catalogue
    naming = (catalogue.find(IdentityRules, DEFAULT_ID) or RULES).naming
    rules = Rules([*catalogue.list(ComputedAttribute)], KeptPurposes(catalogue)(), naming)
    try:
        with copy_of(deployed, outputs).opened() as lake:
            told = dry_running.dry_run(lake, wanted, others, rules, start, end, people)
    except NoSnapshotError as error:
        raise DeploymentError(str(error)) from error
    console.print(
        f"{told.people} of {told.everybody} people from {told.first} to {told.last}, {told.at_first} in at first"
    )
    table = table_of("day", "entered", "left", "size")
    for day, of_day in told.by_day.items():
        table.add_row(day, *map(str, of_day))
    console.print(table)
    console.print(f"{told.entered} entered and {told.left} left. Nothing was changed.")


def _wanted(deployed: Deployment, name: str) -> tuple[Segment, list[Segment]]:
    """The segment, and all others there are."""
    known = {one.id: one for one in deployed.catalogue.list(Segment)}
    wanted = item_in(Path(name), Segment) if Path(name).suffix else known.get(name)
    if wanted is None:
        raise DeploymentError(
            f"There is no segment {name}. Remedy: jogakbo segment list; a file ends in .yaml or .json."
        )
    return wanted, [one for one in known.values() if one.id != wanted.id]


def _tell(found: Preview) -> None:
    console.print(f"{found.size} of {found.people} people as of {found.as_of}", soft_wrap=True)
    dollars = found.write_units * WRITE_DOLLARS / 1_000_000
    cost = f"about {found.write_units} write units, {dollars:.4f} dollars ({PRICES})"
    console.print(f"{found.entering} would enter and {found.leaving} leave: {cost}", soft_wrap=True)
    if found.overlaps:
        table = table_of("segment", "in it", "in both")
        for one in found.overlaps:
            table.add_row(one.segment, str(one.size), str(one.both))
        console.print(table)
