"""The HTTP API as commands use it: an origin and a token, and a sentence with a remedy where it refuses."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer

from cli.deployment import DeploymentError, of_file

ApiUrl = Annotated[str, typer.Option(envvar="JOGAKBO_API_URL", help="Origin of the API")]
Token = Annotated[str, typer.Option(envvar="JOGAKBO_API_TOKEN", help="API token")]
Local = Annotated[Path | None, typer.Option("--outputs", help="Take both from outputs.json of the local cloud")]
Identifier = Annotated[str, typer.Argument(help="<namespace>:<value>, e.g. email:jane@example.com, or profile_id:<id>")]

Body = dict[str, Any]


class ApiError(DeploymentError):
    """The API refused: `problem` is what it said, with `code` and `message` always there."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        fix = f" Remedy: {problem['fix']}" if problem.get("fix") else ""
        super().__init__(f"{status} {problem['code']}: {problem['message']}{fix}")
        self.status = status
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Api:
    """Paths begin with a slash; answers are JSON objects. Raises ApiError, or DeploymentError where no API answers."""

    url: str
    token: str

    def get(self, path: str, query: Mapping[str, str] | None = None) -> Body:
        return self._ask("GET", path, query)

    def page(self, path: str) -> str:
        """What stands there for people to read, as HTML."""
        answer = self._sent("GET", path, headers={"Accept": "text/html"})
        return answer.text if answer.is_success else str(self._said(answer))

    def put(self, path: str, body: Body, query: Mapping[str, str] | None = None) -> Body:
        return self._ask("PUT", path, query, body)

    def post(self, path: str, body: Body | None = None, query: Mapping[str, str] | None = None) -> Body:
        return self._ask("POST", path, query, {} if body is None else body)

    def delete(self, path: str, version: int | None = None) -> Body:
        """With a version only if that is the present one."""
        return self._ask("DELETE", path, None, if_match=version)

    def pages(self, path: str, name: str, query: Mapping[str, str] | None = None) -> Iterator[Body]:
        """Every entry of a paged list, which lies under `name`."""
        asked = dict(query or {})
        while True:
            page = self.get(path, asked)
            yield from page[name]
            if not page.get("next_cursor"):
                return
            asked["cursor"] = page["next_cursor"]

    def _ask(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None,
        body: Body | None = None,
        if_match: int | None = None,
    ) -> Body:
        answer = self._sent(method, path, query, body, {} if if_match is None else {"If-Match": str(if_match)})
        return self._said(answer)

    def _sent(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: Body | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        sent = {"Authorization": f"Bearer {self.token}", **(headers or {})}
        url = f"{self.url.rstrip('/')}{path}"
        try:
            return httpx.request(method, url, params=query, json=body, headers=sent, timeout=30)
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise self._silent(error) from error

    def _said(self, answer: httpx.Response) -> Body:
        try:
            found = answer.json() if answer.content else {}
        except ValueError as error:
            raise self._silent(error) from error
        said = found if isinstance(found, dict) else {}
        if answer.is_success and said is found:
            return said
        known = {"code": said.get("code", ""), "message": said.get("message", answer.text[:200])}
        raise ApiError(answer.status_code, {**said, **known})

    def _silent(self, error: Exception) -> DeploymentError:
        return DeploymentError(
            f"{self.url} doesn't answer as the API does: {error}. Remedy: check the URL and the token;"
            " make up starts the local cloud."
        )


def api_of(api_url: str, api_token: str, outputs: Path | None) -> Api:
    """From a command's options."""
    if outputs:
        api_url = of_file(outputs).api_url
        api_token = json.loads(outputs.read_text())["api_token"]
    api_token = api_token.strip()
    if not (api_token.isascii() and api_token.isprintable()):  # an error of the client would print the header whole
        raise DeploymentError("The API token has a character that no token has. Remedy: copy it once more.")
    if not api_url or not api_token:
        raise DeploymentError(
            "Say where and who: --api-url and --api-token, or JOGAKBO_API_URL and JOGAKBO_API_TOKEN, or --outputs."
        )
    return Api(api_url, api_token)


def path_of(api: Api, identifier: str, part: str) -> str:
    """The path of a part of a person.

    Identifiers go into a query: gateways don't leave a path as it was sent, and may cut it to somebody else's.
    """
    profile_id = identifier.removeprefix("profile_id:")
    if profile_id == identifier:
        profile_id = api.get("/v1/profiles", {"identifier": identifier, "sections": "segments"})["profile_id"]
    return f"/v1/profiles/profile_id:{profile_id}/{part}"
