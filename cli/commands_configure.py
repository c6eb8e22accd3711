"""Commands that give a deployment its first keys and tokens, with AWS credentials. Secrets are printed once."""

from typing import Annotated

import typer

from cli.access import Outputs, Stage, Yes, console, deployment
from cli.api import ApiUrl, Local, Token, api_of
from cli.printing import ONCE, table_of
from cli.provision import MOST_TOKEN_DAYS, TOKEN_DAYS, add_token, provision_deployed
from shared.contracts.catalogue import MOST_NAME
from shared.domain.api_tokens import SCOPES, Scope
from shared.domain.purposes import Purpose, choice_of
from shared.domain.sources import Source

token = typer.Typer(help="API tokens: who may read.", no_args_is_help=True)


def init(
    stage: Stage = "dev",
    outputs: Outputs = None,
    source_name: Annotated[str, typer.Option(help="Name of the first source")] = "First source",
    token_days: Annotated[
        int, typer.Option(min=1, max=MOST_TOKEN_DAYS, help="Days until the API token expires")
    ] = TOKEN_DAYS,
) -> None:
    """Give a new deployment its first source, write key and API token, once."""
    deployed = deployment(stage, outputs)
    if any(deployed.catalogue.list(Source)):
        console.print(
            f"{deployed.stage} has been set up. For more: `jogakbo source add` (a source with a write key),"
            " `jogakbo token add` (an API token)."
        )
        return
    made = provision_deployed(deployed, source_name, token_days)
    console.print(f"Set up {deployed.stage}. {ONCE}")
    rows = {"collect_url": deployed.collect_url, "api_url": deployed.api_url, **made}
    for name, value in rows.items():
        console.print(f"  {name:<12} {value}", soft_wrap=True)


@token.command("add")
def token_add(
    name: str,
    stage: Stage = "dev",
    outputs: Outputs = None,
    scope: Annotated[list[str] | None, typer.Option(help=f"Repeat for more; all without: {', '.join(SCOPES)}")] = None,
    days: Annotated[int, typer.Option(min=1, max=MOST_TOKEN_DAYS, help="Days until it expires")] = TOKEN_DAYS,
    purpose: Annotated[list[str] | None, typer.Option(help="Bind it to a purpose; repeat for more")] = None,
    controller: Annotated[
        list[str] | None, typer.Option(help="Bind it to a controller of OpenDSR; repeat for more")
    ] = None,
) -> None:
    """Add an API token."""
    scopes: tuple[Scope, ...] = tuple(known for known in SCOPES if scope is None or known in scope)
    if len(scopes) != len(scope or SCOPES):
        raise typer.BadParameter(f"A scope is one of {', '.join(SCOPES)}.", param_hint="--scope")
    if not all(0 < len(one) <= MOST_NAME for one in (name, *(controller or ()))):
        raise typer.BadParameter(f"A token and a controller have names of 1 to {MOST_NAME} characters.")
    catalogue = deployment(stage, outputs).catalogue
    live = [one.id for one in catalogue.list(Purpose) if one.state == "live"]
    if unknown := {*(purpose or ())} - {*live}:
        message = f"There is no live purpose {', '.join(sorted(unknown))}. {choice_of(live)}"
        raise typer.BadParameter(message, param_hint="--purpose")
    made = add_token(catalogue, name, scopes, days, tuple(purpose or ()), tuple(controller or ()))
    console.print(f"Added {', '.join(scopes)} for {days} days. {ONCE}\n  api_token    {made}", soft_wrap=True)


@token.command("list")
def token_list(api_url: ApiUrl = "", api_token: Token = "", outputs: Local = None) -> None:
    """List the API tokens, with a token that has the scope tokens:write."""
    table = table_of("id", "name", "scopes", "purposes", "controllers", "expires")
    for known in api_of(api_url, api_token, outputs).get("/v1/tokens")["tokens"]:
        bound = (", ".join(known[name]) or "any" for name in ("purposes", "controllers"))
        table.add_row(known["id"], known["name"], ", ".join(known["scopes"]), *bound, known["expires_at"])
    console.print(table)


@token.command("revoke")
def token_revoke(
    token_id: Annotated[str, typer.Argument(help="As `token list` shows it")],
    api_url: ApiUrl = "",
    api_token: Token = "",
    outputs: Local = None,
    yes: Yes = False,
) -> None:
    """Revoke an API token for good, with a token that has the scope tokens:write: it is refused within a minute."""
    api = api_of(api_url, api_token, outputs)
    if not yes:
        typer.confirm(f"Revoke {token_id}? Whoever still asks with it is refused.", abort=True)
    revoked = api.delete(f"/v1/tokens/{token_id}")
    console.print(f"Revoked {revoked['name']} ({token_id}). It is felt within a minute.", soft_wrap=True)
