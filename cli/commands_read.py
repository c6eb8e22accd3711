"""Commands that read people, through the Read API and with an API token alone."""

from itertools import islice
from typing import Annotated
from urllib.parse import quote

import typer

from cli.access import TIMES, console
from cli.api import ApiUrl, Identifier, Local, Token, api_of, path_of
from cli.printing import table_of
from shared.contracts.read import SECTIONS

profile = typer.Typer(help="People, as the Read API shows them.", no_args_is_help=True)

Section = Annotated[list[str] | None, typer.Option("--section", help=f"Only this part: {', '.join(SECTIONS)}")]
Limit = Annotated[int, typer.Option(min=1, max=200)]
Cursor = Annotated[str, typer.Option(help="next_cursor of the page before")]


@profile.command("show")
def show(
    identifier: Identifier,
    api_url: ApiUrl = "",
    api_token: Token = "",
    outputs: Local = None,
    section: Section = None,
) -> None:
    """One person as they are known."""
    asked = {"identifier": identifier, "sections": ",".join(section or ())}
    console.print_json(data=api_of(api_url, api_token, outputs).get("/v1/profiles", _given(asked)))


@profile.command("events")
def events(
    identifier: Identifier,
    api_url: ApiUrl = "",
    api_token: Token = "",
    outputs: Local = None,
    kind: Annotated[str, typer.Option("--type", help="track, identify …")] = "",
    name: Annotated[str, typer.Option(help="Name of a track event")] = "",
    source: Annotated[str, typer.Option(help="Id of a source")] = "",
    first: Annotated[str, typer.Option("--from", help="Happened from then on")] = "",
    last: Annotated[str, typer.Option("--to", help="Happened until then")] = "",
    limit: Limit = 50,
    cursor: Cursor = "",
) -> None:
    """What a person did, newest first."""
    query = {"type": kind, "name": name, "source": source, "from": first, "to": last, "cursor": cursor}
    api = api_of(api_url, api_token, outputs)
    console.print_json(data=api.get(path_of(api, identifier, "events"), _given({**query, "limit": str(limit)})))


@profile.command("why")
def why(
    identifier: Identifier,
    api_url: ApiUrl = "",
    api_token: Token = "",
    outputs: Local = None,
    most: Annotated[int, typer.Option("--limit", min=1, help="How many decisions at most")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="As the API answers")] = False,
) -> None:
    """Why somebody is who they are: every decision in a sentence, newest first."""
    api = api_of(api_url, api_token, outputs)
    path = path_of(api, identifier, "why")
    if as_json:
        console.print_json(data=api.get(path, {"limit": str(min(most, 100))}))
        return
    table = table_of("when", "decision", "source", "times")
    for one in islice(api.pages(path, "decisions"), most):
        table.add_row(one["last"], one["sentence"], one["source_id"], str(one["count"]))
    console.print(table)


@profile.command("audit")
def audit(
    identifier: Identifier,
    api_url: ApiUrl = "",
    api_token: Token = "",
    outputs: Local = None,
    most: Annotated[int, typer.Option("--limit", min=1, help="How many entries at most")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="As the API answers")] = False,
) -> None:
    """Who saw, changed or was given what of a person, newest first."""
    api = api_of(api_url, api_token, outputs)
    path = path_of(api, identifier, "audit")
    if as_json:
        console.print_json(data=api.get(path, {"limit": str(min(most, 200))}))
        return
    table = table_of("when", "what", "who", "where", "fields")
    for one in islice(api.pages(path, "entries"), most):
        fields = ", ".join(one["fields"]) + (" (masked)" if one["masked"] else "")
        table.add_row(one["at"], one["what"], one["destination"] or one["actor"], one["place"], fields)
    console.print(table)


@profile.command("group")
def group(
    group_id: Annotated[str, typer.Argument(help="A groupId, as events have it")],
    api_url: ApiUrl = "",
    api_token: Token = "",
    outputs: Local = None,
    limit: Annotated[int, typer.Option(min=1, max=100)] = 50,
    cursor: Cursor = "",
) -> None:
    """A group: what is known of it, and who belongs to it."""
    path = f"/v1/groups/{quote(group_id, safe='')}"
    found = api_of(api_url, api_token, outputs).get(path, _given({"limit": str(limit), "cursor": cursor}))
    console.print_json(data=found)


@profile.command("contact")
def contact(
    identifier: Identifier,
    channel: Annotated[str, typer.Option(help="phone, visit, letter …")],
    direction: Annotated[str, typer.Option(help="inbound or outbound")],
    api_url: ApiUrl = "",
    api_token: Token = "",
    outputs: Local = None,
    employee: Annotated[str, typer.Option(help="Who of the company")] = "",
    team: str = "",
    note: str = "",
    at: Annotated[str, typer.Option(help=f"When; without it now. {TIMES}")] = "",
    message_id: Annotated[str, typer.Option(help="The same one and --at again are the same contact")] = "",
    source: Annotated[str, typer.Option(help="Id of the source that it is logged as; without it contacts")] = "",
) -> None:
    """Log a contact with a person: it becomes an event of theirs."""
    said = {"channel": channel, "direction": direction, "employee": employee, "team": team, "note": note, "at": at}
    api = api_of(api_url, api_token, outputs)
    path = path_of(api, identifier, "contacts")
    console.print_json(data=api.post(path, _given({**said, "messageId": message_id, "source": source})))


@profile.command("consents")
def consents(
    identifier: Identifier,
    api_url: ApiUrl = "",
    api_token: Token = "",
    outputs: Local = None,
    limit: Annotated[int, typer.Option(help="How many records at most")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="As the API answers")] = False,
) -> None:
    """What a person decided about their consent, newest first, with what proves it."""
    api = api_of(api_url, api_token, outputs)
    told = api.get(path_of(api, identifier, "consents"), {"limit": str(limit)})
    if as_json:
        console.print_json(data=told)
        return
    table = table_of("time", "signal", "state", "purposes", "method", "given on", "source", "record")
    for record in told["records"]:
        for one in record["decisions"]:
            purposes = ", ".join(
                f"{purpose['id']} ({purpose['wording'] or 'undeclared'})" for purpose in one["purposes"]
            )
            how = (one["method"], f"{record['namespace']}:{record['value']}", record["source_id"], record["id"])
            table.add_row(record["time"], one["signal"], one["event_state"], purposes, *how)
    console.print(table)


def _given(options: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in options.items() if value}
