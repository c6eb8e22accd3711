"""Commands for segments, through the APIs and with a token alone: what there is, and why somebody is in."""

from typing import Annotated

import typer
from rich.tree import Tree

from cli.access import console
from cli.api import Api, ApiUrl, Body, Identifier, Local, Token, api_of, path_of
from cli.printing import table_of

segment = typer.Typer(help="Segments: who is in, since when, and why.", no_args_is_help=True)

SegmentId = Annotated[str, typer.Argument(help="A segment's id, as `jogakbo segment list` prints it")]
AsJson = Annotated[bool, typer.Option("--json", help="As the API answers")]
SEGMENTS = "/v1/segments"
_MARKS = {True: "yes", False: "no", None: "unknown"}


@segment.command("list")
def list_segments(api_url: ApiUrl = "", api_token: Token = "", outputs: Local = None) -> None:
    """Segments with their states."""
    table = table_of("id", "name", "state", "version", "owner")
    for one in api_of(api_url, api_token, outputs).pages(SEGMENTS, "items"):
        table.add_row(one["id"], one["name"], one["state"], str(one["version"]), one["owner"])
    console.print(table)


@segment.command("show")
def show(segment_id: SegmentId, api_url: ApiUrl = "", api_token: Token = "", outputs: Local = None) -> None:
    """One segment as it is defined."""
    console.print_json(data=api_of(api_url, api_token, outputs).get(f"{SEGMENTS}/{segment_id}"))


@segment.command("why")
def why(
    segment_id: SegmentId,
    identifier: Identifier,
    api_url: ApiUrl = "",
    api_token: Token = "",
    outputs: Local = None,
    as_json: AsJson = False,
) -> None:
    """Why somebody is in a segment or not: each condition with what it came to, and what would change it."""
    api: Api = api_of(api_url, api_token, outputs)
    found = api.get(path_of(api, identifier, f"segments/{segment_id}"))
    if as_json:
        console.print_json(data=found)
        return
    where = "in" if found["member"] else "not in"
    arm = f", arm {found['arm']}" if found["arm"] else ""
    since = f" since {found['since']}" if found["since"] else ""
    stale = "; yet to be folded by what segments ask for now" if found["stale"] else ""
    tree = Tree(f"{found['profile_id']} is {where} {segment_id} ({found['state']}){arm}{since}{stale}")
    if found["settling"]:
        tree.add(f"job {found['settling']} has yet to end: until then this person may not have been looked at")
    grow(tree, found["why"])
    console.print(tree, soft_wrap=True)


def grow(tree: Tree, reason: Body) -> None:
    """A condition as the Read API tells it, with those below it."""
    unknown = f" ({reason['unknown']})" if reason["unknown"] else ""
    told = f"{_MARKS[reason['truth']]}{unknown}: {reason['says']}"
    if not reason["of"] and reason["unknown"] not in ("hidden", "not_kept"):
        told += f"; it is {reason['value']}"
    told += f"; until {reason['until']}" if reason["until"] else ""
    branch = tree.add(told)
    if reason["changed_by"]:
        branch.add(f"would change by: {reason['changed_by']}")
    for one in reason["of"]:
        grow(branch, one)
