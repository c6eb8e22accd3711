"""Commands that take people apart and put them together, through the People API."""

from typing import Annotated

import typer

from cli.access import TIMES, console, time_of
from cli.api import ApiUrl, Body, Identifier, Local, Token, api_of, path_of
from cli.commands_jobs import NoWait, Rate, follow
from shared.domain.times import to_text

links = typer.Typer(help="Cannot-links: who is kept apart from whom.", no_args_is_help=True)

Preview = Annotated[bool, typer.Option("--preview", help="Say what would come of it, and write nothing")]
LinkId = Annotated[str, typer.Argument(help="Its id, as `jogakbo links list` prints it")]


def split(
    identifier: Identifier,
    leaves: Annotated[list[str], typer.Option("--leaves", help="<namespace>:<value> that leaves; several times")],
    api_url: ApiUrl = "",
    api_token: Token = "",
    outputs: Local = None,
    each: Annotated[bool, typer.Option("--each", help="A new profile for each, instead of one for all")] = False,
    reason: Annotated[str, typer.Option(help="Why; it stays with the job, so name nobody")] = "",
    preview: Preview = False,
    no_wait: NoWait = False,
) -> None:
    """Take a person apart: identifiers leave for a new profile, with their events, and are kept apart."""
    api = api_of(api_url, api_token, outputs)
    who = {"parts": [[one] for one in leaves]} if each else {"identifiers": leaves}
    found = api.post(path_of(api, identifier, "split"), {**who, "reason": reason, "preview": preview})
    if not preview:
        follow(api, found["job"], no_wait)
        return
    for side in found["sides"]:
        who_is_it = f"{side['profile_id']} stays" if side["profile_id"] else "A new profile"
        console.print(f"{who_is_it}: {', '.join(side['identifiers'])}; {side['events']} events", soft_wrap=True)
        changed = [f"trait {name}" for name in side["traits_changed"]]
        changed += [f"{one['purpose']} {one['before']} → {one['after']}" for one in side["consent_changed"]]
        console.print(f"  other than now: {', '.join(changed) or 'nothing'}", soft_wrap=True)


def merge(
    identifier: Identifier,
    other: Annotated[str, typer.Argument(help="The other person, the same way")],
    api_url: ApiUrl = "",
    api_token: Token = "",
    outputs: Local = None,
    reason: Annotated[str, typer.Option(help="Why; it stays in the ledger, so name nobody")] = "",
) -> None:
    """Make two people one, though limits say no. It can be undone."""
    api = api_of(api_url, api_token, outputs)
    found = api.post(path_of(api, identifier, "merge"), {"with": other, "reason": reason})
    console.print(f"{found['merged_profile_id']} went into {found['profile_id']}.")


def undo(
    api_url: ApiUrl = "",
    api_token: Token = "",
    outputs: Local = None,
    through: Annotated[str, typer.Option(help="All that this identifier brought together: <namespace>:<value>")] = "",
    rules: Annotated[int | None, typer.Option(help="Merges by this version of the identity rules")] = None,
    source: Annotated[str, typer.Option(help="Merges by events of this source")] = "",
    merged: Annotated[str, typer.Option(help="The merge of this profile's id")] = "",
    since: Annotated[str, typer.Option(help=f"Only what was decided from then on; {TIMES}")] = "",
    rate: Rate = 20,
    preview: Preview = False,
    no_wait: NoWait = False,
) -> None:
    """Take back what one cause brought together: everybody whom it concerns comes apart."""
    api = api_of(api_url, api_token, outputs)
    asked: Body = {"through": through, "rules": rules, "source": source, "merged": merged}
    if since:
        asked["since"] = to_text(time_of(since))
    found = api.post("/v1/undo", {**asked, "rate": rate, "preview": preview})
    if not preview:
        follow(api, found["job"], no_wait)
        return
    console.print(f"{found['merges']} merges; {found['people']} people would be {found['people_after']} at most.")
    for example in found["examples"]:
        console.print(f"{example['profile_id']}: of it would leave", soft_wrap=True)
        for part in example["parts"]:
            console.print(f"  {', '.join(part)}", soft_wrap=True)


@links.command("list")
def list_links(
    api_url: ApiUrl = "",
    api_token: Token = "",
    outputs: Local = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many at most")] = 100,
) -> None:
    """Cannot-links, newest first: id, when and by whom, why, how many it keeps apart, who lifted it."""
    for link in api_of(api_url, api_token, outputs).get("/v1/links", {"limit": str(limit)})["links"]:
        lifted = f"lifted by {link['lifted_by']}" if link["lifted_at"] else ""
        who = f"{len(link['profile_ids'])} profiles"
        console.print(f"{link['id']}  {link['at']}  {link['by']}  {link['reason']}  {who}  {lifted}", soft_wrap=True)


@links.command("lift")
def lift(link_id: LinkId, api_url: ApiUrl = "", api_token: Token = "", outputs: Local = None) -> None:
    """Let those be one again whom it keeps apart; the next event that names both does it."""
    api_of(api_url, api_token, outputs).post(f"/v1/links/{link_id}/lift")
    console.print(f"{link_id} keeps nobody apart any more.")


def accept(
    pair: Annotated[str, typer.Argument(help="A pair's id, as `jogakbo duplicates list` prints it")],
    api_url: ApiUrl = "",
    api_token: Token = "",
    outputs: Local = None,
) -> None:
    """Make the two of a proposal one person, though limits say no. It can be undone."""
    found = api_of(api_url, api_token, outputs).post(f"/v1/duplicates/{pair}/accept")
    console.print(f"{found['merged_profile_id']} went into {found['profile_id']}.")


def reject(
    pair: Annotated[str, typer.Argument(help="The same")],
    api_url: ApiUrl = "",
    api_token: Token = "",
    outputs: Local = None,
) -> None:
    """Keep the two of a proposal apart, until somebody lifts that."""
    found = api_of(api_url, api_token, outputs).post(f"/v1/duplicates/{pair}/reject")
    console.print(f"{found['id']} keeps them apart.")
