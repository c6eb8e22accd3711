"""Commands on requests about people, through the Privacy API: made, verified, watched, and their exports given."""

import json
from typing import Annotated, Any

import typer

from cli.access import console
from cli.api import ApiUrl, Body, Local, Token, api_of
from cli.printing import table_of
from shared.domain.privacy_requests import Method

privacy = typer.Typer(
    help="What people ask of the company: access, portability, correction, stop, resume, erasure.", no_args_is_help=True
)

_REQUESTS = "/v1/privacy/requests"
RequestId = Annotated[str, typer.Argument(help="A request's id, as `jogakbo privacy list` prints it")]


@privacy.command("request")
def request(
    kind: Annotated[str, typer.Argument(help="access, portability, correction, stop, resume or erasure")],
    identities: Annotated[list[str], typer.Argument(help="<namespace>:<value>, one or several of one person")],
    regulation: Annotated[str, typer.Option(help="Id of the policy pack that says by when: gdpr, ccpa, kr")],
    api_url: ApiUrl = "",
    api_token: Token = "",
    outputs: Local = None,
    trait: Annotated[
        list[str] | None, typer.Option(help="Of a correction: <name>=<right value>, as JSON or text; null empties it")
    ] = None,
    source: Annotated[
        list[str] | None, typer.Option(help="Of portability: a source by which they provided data, beside sites, apps")
    ] = None,
) -> None:
    """Make a request. Nothing is done before it is verified."""
    params: Body = {"traits": dict(map(_trait, trait))} if trait else {}
    params |= {"sources": source} if source else {}
    asked = {"kind": kind, "identities": identities, "regulation": regulation, "params": params}
    made = api_of(api_url, api_token, outputs).post(_REQUESTS, asked)
    console.print(f"{made['id']} is due at {made['due_at']}.", soft_wrap=True)
    console.print(f"Once you know it comes from the person: jogakbo privacy verify {made['id']} --method METHOD")


@privacy.command("list")
def list_requests(
    api_url: ApiUrl = "",
    api_token: Token = "",
    outputs: Local = None,
    limit: Annotated[int, typer.Option(min=1, max=100, help="How many at most")] = 20,
    only_open: Annotated[
        bool, typer.Option("--open", help="Only those that have not ended, what is due first first")
    ] = False,
) -> None:
    """Requests, newest first, and how many are open, overdue or due within three days."""
    asked = {"limit": str(limit), **({"open": "true"} if only_open else {})}
    told = api_of(api_url, api_token, outputs).get(_REQUESTS, asked)
    table = table_of("id", "kind", "about", "state", "verification", "due", "deadline")
    for one in told["requests"]:
        about, due = ", ".join(one["identities"]), one["due_at"][:10]
        table.add_row(one["id"], one["kind"], about, one["state"], one["verification"], due, one["deadline"])
    console.print(table)
    console.print(f"{told['open']} open: {told['overdue']} overdue, {told['near']} due within three days")


@privacy.command("show")
def show(request_id: RequestId, api_url: ApiUrl = "", api_token: Token = "", outputs: Local = None) -> None:
    """One request: by when, how far it came, what each step came to."""
    console.print_json(data=api_of(api_url, api_token, outputs).get(f"{_REQUESTS}/{request_id}"))


@privacy.command("verify")
def verify(
    request_id: RequestId,
    method: Annotated[Method, typer.Option(help="How it was found out")],
    api_url: ApiUrl = "",
    api_token: Token = "",
    outputs: Local = None,
    refuse: Annotated[bool, typer.Option("--refuse", help="It doesn't come from the person: it ends")] = False,
) -> None:
    """Say that a request comes from the person: from then on it is carried out."""
    said = {"result": "refused" if refuse else "verified", "method": method}
    _tell(api_of(api_url, api_token, outputs).post(f"{_REQUESTS}/{request_id}/verify", said))


@privacy.command("cancel")
def cancel(request_id: RequestId, api_url: ApiUrl = "", api_token: Token = "", outputs: Local = None) -> None:
    """Take a request back before anything was done for it."""
    _tell(api_of(api_url, api_token, outputs).post(f"{_REQUESTS}/{request_id}/cancel"))


@privacy.command("resume")
def resume(request_id: RequestId, api_url: ApiUrl = "", api_token: Token = "", outputs: Local = None) -> None:
    """Take up a request that failed; steps that are done aren't done again."""
    _tell(api_of(api_url, api_token, outputs).post(f"{_REQUESTS}/{request_id}/resume"))


@privacy.command("export")
def export(request_id: RequestId, api_url: ApiUrl = "", api_token: Token = "", outputs: Local = None) -> None:
    """Make links to what is held, to be given to the person: good for seven days, and told this once."""
    api = api_of(api_url, api_token, outputs)
    link = api.post(f"{_REQUESTS}/{request_id}/links")
    for name in link["formats"]:
        console.print(f"{name}: {api.url.rstrip('/')}{link['path']}?format={name}", soft_wrap=True)
    console.print(f"until {link['expires_at']}; each fetch is in the audit log")


def _trait(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise typer.BadParameter(f"{text} isn't <name>=<value>.")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def _tell(told: Body) -> None:
    reason = f": {told['reason']}" if told["reason"] else ""
    console.print(f"{told['id']} {told['verification']}, {told['state']}{reason}", soft_wrap=True)
