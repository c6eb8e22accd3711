"""Commands that read people, through the Read API and with an API token alone."""

from typing import Annotated

import typer

from cli.access import console
from cli.api import ApiUrl, Local, Token, api_of

profile = typer.Typer(help="People, as the Read API shows them.", no_args_is_help=True)

Identifier = Annotated[str, typer.Argument(help="<namespace>:<value>, e.g. email:jane@example.com, or profile_id:<id>")]

# Identifiers go into the query: gateways don't leave a path as it was sent.
_PROFILES = "/v1/profiles"


@profile.command("show")
def show(identifier: Identifier, api_url: ApiUrl = "", api_token: Token = "", outputs: Local = None) -> None:
    """One person as they are known."""
    console.print_json(data=api_of(api_url, api_token, outputs).get(_PROFILES, {"identifier": identifier}))


@profile.command("events")
def events(
    identifier: Identifier,
    api_url: ApiUrl = "",
    api_token: Token = "",
    outputs: Local = None,
    limit: Annotated[int, typer.Option(min=1, max=200)] = 50,
    cursor: Annotated[str, typer.Option(help="next_cursor of the page before")] = "",
) -> None:
    """What a person did, newest first."""
    api = api_of(api_url, api_token, outputs)
    query = {"limit": str(limit)} | ({"cursor": cursor} if cursor else {})
    person = api.get(_PROFILES, {"identifier": identifier})
    console.print_json(data=api.get(f"{_PROFILES}/profile_id:{person['profile_id']}/events", query))
