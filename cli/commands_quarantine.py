"""Commands on refused events, through the quarantine API and with an API token alone."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from cli.access import Yes, console, problems
from cli.api import Api, ApiUrl, Body, Local, Token, api_of
from cli.deployment import DeploymentError
from cli.replays import PATH, edited, endings_of, event_in, summary

quarantine = typer.Typer(help="Refused events: find, understand, mend, send again.", no_args_is_help=True)

_DAY_OR_TIME = "ISO 8601, e.g. 2026-11-21 or 2026-11-21T09:30"
Source = Annotated[str, typer.Option("--source", help="Id of the source; `unknown` holds what could not be decoded")]
First = Annotated[str, typer.Option("--from", help=f"Received from then on; {_DAY_OR_TIME}; a month without")]
Last = Annotated[str, typer.Option("--to", help="Received until then, that day included")]
Reason = Annotated[str, typer.Option(help="Only what was refused for this")]
FieldName = Annotated[str, typer.Option("--field", help="Only where this field is to be mended")]
EntryId = Annotated[str, typer.Argument(help="An entry's id, as `jogakbo quarantine list` prints it")]


@quarantine.command("list")
def list_entries(
    source: Source,
    api_url: ApiUrl = "",
    api_token: Token = "",
    outputs: Local = None,
    first: First = "",
    last: Last = "",
    reason: Reason = "",
    field: FieldName = "",
    state: Annotated[str, typer.Option(help="waiting, sent, stored, duplicate or refused")] = "",
    limit: Annotated[int, typer.Option(min=1, help="How many at most")] = 20,
) -> None:
    """Entries of a source, newest first: when, state, reason, messageId, and below the id."""
    query = _query(source=source, first=first, last=last, reason=reason, field=field, state=state)
    entries = api_of(api_url, api_token, outputs).pages(PATH, "entries", {**query, "limit": str(min(limit, 200))})
    shown = [entry for _, entry in zip(range(limit), entries, strict=False)]
    _say_if_none(shown, source)
    for entry in shown:
        name = entry["message_id"] or "no messageId"
        console.print(f"{entry['received_at']}  {entry['state']:<9}  {_why(entry)}  {name}", soft_wrap=True)
        console.print(f"  {entry['id']}", style="dim", soft_wrap=True)


@quarantine.command("reasons")
def reasons(
    source: Source,
    api_url: ApiUrl = "",
    api_token: Token = "",
    outputs: Local = None,
    first: First = "",
    last: Last = "",
) -> None:
    """Why events of a source were refused, how many for each reason, and what mends it."""
    found = _reasons(api_of(api_url, api_token, outputs), _query(source=source, first=first, last=last))
    _say_if_none(found, source)
    for one in found:
        many = "1 entry" if one["entries"] == 1 else f"{one['entries']} entries"
        numbers = f"{many}, {one['waiting']} waiting, newest {one['newest']}"
        console.print(f"{_why(one)}: {numbers}", soft_wrap=True)
        console.print(f"  {one['fix']}", style="dim", soft_wrap=True)


@quarantine.command("show")
def show(entry_id: EntryId, api_url: ApiUrl = "", api_token: Token = "", outputs: Local = None) -> None:
    """One entry: why it was refused, what mends it, and the event as it came."""
    console.print_json(data=api_of(api_url, api_token, outputs).get(f"{PATH}/{entry_id}"))


@quarantine.command("replay")
def replay(
    entry_id: Annotated[str, typer.Argument(help="An entry's id; without it, --source says which")] = "",
    api_url: ApiUrl = "",
    api_token: Token = "",
    outputs: Local = None,
    edit: Annotated[bool, typer.Option("--edit", help="Open the event in $EDITOR first")] = False,
    event: Annotated[Path | None, typer.Option("--event", help="Send the event in this file in its place")] = None,
    source: Source = "",
    first: First = "",
    last: Last = "",
    reason: Reason = "",
    field: FieldName = "",
    yes: Yes = False,
) -> None:
    """Send one entry again, as it came or edited; or all that wait of a source, a reason, a time."""
    api = api_of(api_url, api_token, outputs)
    if not entry_id:
        if edit or event or not source:
            raise typer.BadParameter("Name an entry, or a --source without --edit and --event.")
        _replay_many(api, _query(source=source, first=first, last=last, reason=reason, field=field), yes)
        return
    body: Body = {"source_id": source} if source else {}
    if edit:
        body["event"] = edited(api.get(f"{PATH}/{entry_id}"))
    elif event:
        body["event"] = event_in(event)
    api.post(f"{PATH}/{entry_id}/replay", body)
    with console.status("Sent. Waiting to see it end"):
        ended = endings_of(lambda: [api.get(f"{PATH}/{entry_id}")])
    console.print(summary(ended), soft_wrap=True)
    if ended[0]["refused_as"]:
        console.print(f"It is a new entry: jogakbo quarantine show {ended[0]['refused_as']}", soft_wrap=True)


def _why(one: Body) -> str:
    return f"{one['reason']} ({one['field']})" if one["field"] else str(one["reason"])


def _replay_many(api: Api, query: Body, yes: bool) -> None:
    wanted = [one for one in _reasons(api, query) if _matches(one, query)]
    waiting = sum(one["waiting"] for one in wanted)
    console.print(f"{waiting} of {sum(one['entries'] for one in wanted)} entries wait.")
    if not wanted or not (yes or typer.confirm("Send them again as they came?")):
        return
    sent: set[str] = set()
    passed_over = 0
    with Progress(console=console) as progress:
        bar = progress.add_task("Sent", total=waiting)
        for page in _replayed(api, query):
            sent |= set(page["sent"])
            passed_over += len(page["passed_over"])
            progress.advance(bar, len(page["sent"]))
    with console.status("Waiting to see them end"):
        pages = {**query, "limit": "200"}
        ended = endings_of(lambda: [one for one in api.pages(PATH, "entries", pages) if one["id"] in sent])
    console.print(summary(ended), soft_wrap=True)
    if passed_over:
        console.print(f"{passed_over} were passed over: they can only be sent edited.")


def _replayed(api: Api, query: Body) -> Iterator[Body]:
    """One answer after the other, until all that wait are sent."""
    page: Body = {"next_cursor": None}
    while True:
        page = api.post(f"{PATH}/replay", {**query, "cursor": page["next_cursor"]})
        yield page
        if page["next_cursor"] is None:
            return


def _say_if_none(found: list[Body], source: str) -> None:
    """On stderr: what reads the list should find none."""
    if not found:
        problems.print(f"Nothing of {source} is in quarantine for that time and filter.")


def _reasons(api: Api, query: Body) -> list[Body]:
    """The counts of all pages, added up."""
    found: dict[tuple[str, str | None], Body] = {}
    asked: Body = {name: query[name] for name in ("source", "from", "to") if name in query}
    for one in api.pages(f"{PATH}/reasons", "reasons", asked):
        known = found.setdefault((one["reason"], one["field"]), {**one, "entries": 0, "waiting": 0})
        known |= {name: known[name] + one[name] for name in ("entries", "waiting")}
    return sorted(found.values(), key=lambda one: -int(one["entries"]))


def _matches(one: Body, query: Body) -> bool:
    return all(one[name] == query[name] for name in ("reason", "field") if name in query)


def _query(*, source: str, first: str = "", last: str = "", **more: str) -> Body:
    if not source:
        raise DeploymentError("Say which source: --source. Remedy: `jogakbo source list` names them.")
    asked = {"source": source, "from": first, "to": last, **more}
    return {name: value for name, value in asked.items() if value}
