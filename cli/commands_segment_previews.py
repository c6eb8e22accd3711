"""Commands that try a segment before it is published: by the API, or with --here over a copy of the lake."""

import time
from pathlib import Path
from typing import Annotated

import typer
from rich.tree import Tree

from cli.access import TIMES, console, time_of
from cli.api import Api, ApiUrl, Body, Local, Token, api_of
from cli.commands_segments import SEGMENTS, grow
from cli.deployment import DeploymentError
from cli.lake_dry_run import item_in
from cli.printing import table_of
from cli.segments_here import dry_run_here, preview_here
from shared.domain.configuration import document_of
from shared.domain.estimates import PRICES
from shared.domain.segments.definition import Segment
from shared.domain.segments.trials import MOST_PEOPLE, MOST_SAMPLE
from shared.domain.times import to_text

_LOOK_SECONDS = 0.5
Wanted = Annotated[str, typer.Argument(help="A segment's id, or a file of configuration as code: segments/vip.yaml")]
Here = Annotated[bool, typer.Option("--here", help="Over a copy of the lake on this machine, with AWS credentials")]
OfStage = Annotated[str, typer.Option("--stage", help="Of --here: stage of the deployment")]


def preview(
    segment: Wanted,
    sample: Annotated[int, typer.Option(min=0, max=MOST_SAMPLE, help="People shown, each with why they are in")] = 3,
    overlap: Annotated[bool, typer.Option("--overlap/--no-overlap", help="Count who is in other segments")] = True,
    api_url: ApiUrl = "",
    api_token: Token = "",
    outputs: Local = None,
    here: Here = False,
    stage: OfStage = "dev",
) -> None:
    """Who would be in a segment: how many, some of them and why, its overlap with others, what publishing writes."""
    if here:
        found = preview_here(stage, outputs, segment, sample, overlap)
    else:
        query = {"sample": str(sample), "overlap": str(overlap).lower()}
        found = _tried(api_of(api_url, api_token, outputs), segment, query)["preview"]
    _tell(found)
    for one in found["sample"]:
        tree = Tree(one["profile_id"])
        if one["why"]:
            grow(tree, one["why"])
        console.print(tree, soft_wrap=True)


def dry_run(
    segment: Wanted,
    first: Annotated[str, typer.Option("--from", help=f"Without it 30 days before the end. {TIMES}")] = "",
    last: Annotated[str, typer.Option("--to", help="Without it now")] = "",
    people: Annotated[
        int, typer.Option(min=1, help=f"So many people, by a hash of their ids; over {MOST_PEOPLE:,} with --here")
    ] = MOST_PEOPLE,
    api_url: ApiUrl = "",
    api_token: Token = "",
    outputs: Local = None,
    here: Here = False,
    stage: OfStage = "dev",
) -> None:
    """Who would have entered and left a segment, day by day, had it been live. Nothing is changed."""
    if here:
        told = dry_run_here(stage, outputs, segment, first, last, people)
    else:
        span = {name: to_text(time_of(text)) for name, text in (("from", first), ("to", last)) if text}
        query = {"kind": "dry_run", "people": str(people), **span}
        told = _tried(api_of(api_url, api_token, outputs), segment, query)["dry_run"]
    within = f"from {told['first']} to {told['last']}"
    console.print(f"{told['people']} of {told['everybody']} people {within}, {told['at_first']} in at first")
    table = table_of("day", "entered", "left", "size")
    for one in told["days"]:
        table.add_row(one["day"], str(one["entered"]), str(one["left"]), str(one["size"]))
    console.print(table)
    console.print(f"{told['entered']} entered and {told['left']} left. Nothing was changed.")


def _tried(api: Api, segment: str, query: dict[str, str]) -> Body:
    """What the API says once it is done."""
    file = item_in(Path(segment), Segment) if Path(segment).suffix else None
    body = {**document_of(file), "id": file.id} if file else {"id": segment}
    asked = api.post(f"{SEGMENTS}/preview", body, query)
    with console.status(f"{asked['id']} is {asked['state']}") as status:
        while asked["state"] in ("queued", "running"):
            time.sleep(_LOOK_SECONDS)
            asked = api.get(asked["url"])
            status.update(f"{asked['id']} is {asked['state']}")
    if asked["state"] == "failed":
        raise DeploymentError(f"{asked['reason']}: {asked['message']}")
    return asked


def _tell(found: Body) -> None:
    console.print(f"{found['size']} of {found['people']} people as of {found['as_of']}", soft_wrap=True)
    cost = f"about {found['write_units']} write units, {found['dollars']:.4f} dollars ({PRICES})"
    console.print(f"{found['entering']} would enter and {found['leaving']} leave: {cost}", soft_wrap=True)
    if found["overlaps"]:
        table = table_of("segment", "in it", "in both")
        for one in found["overlaps"]:
            table.add_row(one["segment"], str(one["size"]), str(one["both"]))
        console.print(table)
