"""Commands that read people, through the Read API and with an API token alone."""

import json
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer

from cli.access import console
from cli.deployment import DeploymentError, of_file

profile = typer.Typer(help="People, as the Read API shows them.", no_args_is_help=True)

Identifier = Annotated[str, typer.Argument(help="<namespace>:<value>, e.g. email:jane@example.com, or profile_id:<id>")]
ApiUrl = Annotated[str, typer.Option(envvar="JOGAKBO_API_URL", help="Origin of the Read API")]
Token = Annotated[str, typer.Option(envvar="JOGAKBO_API_TOKEN", help="API token")]
Local = Annotated[Path | None, typer.Option("--outputs", help="Take both from outputs.json of the local cloud")]


@profile.command("show")
def show(identifier: Identifier, api_url: ApiUrl = "", api_token: Token = "", outputs: Local = None) -> None:
    """One person as they are known."""
    console.print_json(data=_get("", {"identifier": identifier}, api_url, api_token, outputs))


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
    query = {"limit": str(limit)} | ({"cursor": cursor} if cursor else {})
    person = _get("", {"identifier": identifier}, api_url, api_token, outputs)
    console.print_json(data=_get(f"/profile_id:{person['profile_id']}/events", query, api_url, api_token, outputs))


def _get(path: str, query: dict[str, str], api_url: str, api_token: str, outputs: Path | None) -> dict[str, Any]:
    """What lies under /v1/profiles. Identifiers go into the query: gateways don't leave a path as it was sent."""
    if outputs:
        api_url, api_token = _of_file(outputs)
    if not api_url or not api_token:
        raise DeploymentError(
            "Say where and who: --api-url and --api-token, or JOGAKBO_API_URL and JOGAKBO_API_TOKEN, or --outputs."
        )
    try:
        answer = httpx.get(
            f"{api_url.rstrip('/')}/v1/profiles{path}",
            params=query,
            headers={"Authorization": f"Bearer {api_token}"},
            timeout=30,
        )
        body = answer.json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise DeploymentError(
            f"{api_url} doesn't answer as a Read API does: {error}. Remedy: check the URL and the token;"
            " make up starts the local cloud."
        ) from error
    if answer.status_code == 200 and isinstance(body, dict):
        return body
    said = body if isinstance(body, dict) else {}
    raise DeploymentError(f"{answer.status_code} {said.get('code', '')}: {said.get('message', answer.text[:200])}")


def _of_file(outputs: Path) -> tuple[str, str]:
    """Origin and token of the local cloud."""
    api_url = of_file(outputs).api_url
    return api_url, json.loads(outputs.read_text())["api_token"]
