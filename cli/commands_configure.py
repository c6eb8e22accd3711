"""Commands that configure a deployment, with AWS credentials. What is secret is printed once and stored as a hash."""

from dataclasses import replace
from typing import Annotated, Any

import typer
from rich.table import Table

from cli.access import Outputs, Stage, Yes, console, deployment
from cli.deployment import DeploymentError
from cli.destinations import add_destination, named, remove_destination, rotate_secret
from cli.provision import MOST_TOKEN_DAYS, TOKEN_DAYS, add_source, add_token, provision_deployed
from shared.contracts.bus import DETAILS
from shared.domain.catalogue import SCOPES, Destination, Scope, Source

source = typer.Typer(help="Sources: where events come from.", no_args_is_help=True)
token = typer.Typer(help="API tokens: who may read.", no_args_is_help=True)
destination = typer.Typer(help="Destinations: who is told what.", no_args_is_help=True)

_ONCE = "Shown once: keep it now."


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
    console.print(f"Set up {deployed.stage}. {_ONCE}")
    rows = {"collect_url": deployed.collect_url, "api_url": deployed.api_url, **made}
    for name, value in rows.items():
        console.print(f"  {name:<12} {value}", soft_wrap=True)


@source.command("add")
def source_add(
    name: str,
    stage: Stage = "dev",
    outputs: Outputs = None,
) -> None:
    """Add a source with a write key."""
    source_id, write_key = add_source(deployment(stage, outputs).catalogue, name)
    console.print(f"Added source {source_id}. {_ONCE}\n  write_key    {write_key}", soft_wrap=True)


@source.command("set")
def source_set(
    source_id: str,
    stage: Stage = "dev",
    outputs: Outputs = None,
    name: Annotated[str | None, typer.Option(help="A new name")] = None,
    live: Annotated[bool | None, typer.Option("--live/--disabled", help="Whether it may send")] = None,
    events_per_second: Annotated[int | None, typer.Option(min=0, help="Per warm process; 0: any number")] = None,
    allow_origin: Annotated[list[str] | None, typer.Option(help='Repeat for more; "" lifts the limit')] = None,
    truncate_ip: Annotated[bool | None, typer.Option(help="Keep only the network of a visitor's ip")] = None,
    retention_class: Annotated[str | None, typer.Option(help="For events stored from now on")] = None,
) -> None:
    """Change a source; what isn't named stays. A change is felt within a minute."""
    catalogue = deployment(stage, outputs).catalogue
    known = catalogue.find(Source, source_id)
    if known is None:
        raise DeploymentError(f"There is no source {source_id}. Remedy: `jogakbo source list` names them.")
    asked: dict[str, Any] = {
        "name": name,
        "state": None if live is None else ("live" if live else "disabled"),
        "events_per_second": events_per_second,
        "allowed_origins": None if allow_origin is None else tuple(filter(None, allow_origin)),
        "truncates_ip": truncate_ip,
        "retention_class": retention_class,
    }
    catalogue.put(replace(known, **{field: value for field, value in asked.items() if value is not None}))
    console.print(f"Changed {source_id}. It is felt within a minute.", soft_wrap=True)


@source.command("list")
def source_list(stage: Stage = "dev", outputs: Outputs = None) -> None:
    """List the sources."""
    table = Table("id", "name", "state", "retention", "events/s", "origins", "ip")
    for known in deployment(stage, outputs).catalogue.list(Source):
        rate = str(known.events_per_second or "any")
        origins = ", ".join(known.allowed_origins) or "any"
        ip = "truncated" if known.truncates_ip else "whole"
        table.add_row(known.id, known.name, known.state, known.retention_class, rate, origins, ip)
    console.print(table)


@token.command("add")
def token_add(
    name: str,
    stage: Stage = "dev",
    outputs: Outputs = None,
    scope: Annotated[list[str] | None, typer.Option(help=f"Repeat for more; all without: {', '.join(SCOPES)}")] = None,
    days: Annotated[int, typer.Option(min=1, max=MOST_TOKEN_DAYS, help="Days until it expires")] = TOKEN_DAYS,
) -> None:
    """Add an API token."""
    scopes: tuple[Scope, ...] = tuple(known for known in SCOPES if scope is None or known in scope)
    if len(scopes) != len(scope or SCOPES):
        raise typer.BadParameter(f"A scope is one of {', '.join(SCOPES)}.", param_hint="--scope")
    made = add_token(deployment(stage, outputs).catalogue, name, scopes, days)
    console.print(f"Added {', '.join(scopes)} for {days} days. {_ONCE}\n  api_token    {made}", soft_wrap=True)


@destination.command("add")
def destination_add(
    name: str,
    url: Annotated[str, typer.Option(help="Public https URL, port 443 or 8443")],
    stage: Stage = "dev",
    outputs: Outputs = None,
    fact: Annotated[list[str] | None, typer.Option(help="A fact to tell, e.g. 'Segment Entered'; all without")] = None,
    purpose: Annotated[list[str] | None, typer.Option(help="A consent purpose it needs; repeat for more")] = None,
    identifier: Annotated[list[str] | None, typer.Option(help="A namespace it may get, e.g. email")] = None,
    trait: Annotated[list[str] | None, typer.Option(help="A trait it may get")] = None,
) -> None:
    """Add a webhook with a signing secret. It is told what happens from now on."""
    if unknown := set(fact or ()) - set(DETAILS):
        raise typer.BadParameter(
            f"No such fact: {', '.join(unknown)}. Known: {', '.join(DETAILS)}.", param_hint="--fact"
        )
    deployed = deployment(stage, outputs)
    if named(deployed, name):
        raise DeploymentError(f"There is a destination {name}. Remedy: another name, or remove that one first.")
    added = add_destination(
        deployed.stage,
        name=name,
        url=url,
        detail_types=fact or tuple(DETAILS),
        purposes=purpose or (),
        identifiers=identifier or (),
        traits=trait or (),
        deployed=deployed,
    )
    console.print(f"Added destination {added.id}. {_ONCE}\n  secret       {added.secret}", soft_wrap=True)


@destination.command("list")
def destination_list(stage: Stage = "dev", outputs: Outputs = None) -> None:
    """List the destinations."""
    table = Table("id", "name", "url", "facts", "needs consent to", "may get", "state")
    for known in deployment(stage, outputs).catalogue.list(Destination):
        fields = ", ".join((*known.identifiers, *known.traits))
        facts, purposes = ", ".join(known.detail_types), ", ".join(known.purposes)
        table.add_row(known.id, known.name, known.url, facts, purposes, fields, known.state)
    for column in table.columns:
        column.overflow = "fold"  # an id or a URL cut short is of no use
    console.print(table)


@destination.command("rotate")
def destination_rotate(name: str, stage: Stage = "dev", outputs: Outputs = None) -> None:
    """Give a destination a new signing secret; the one before signs too until the next rotation."""
    known = named(deployment(stage, outputs), name)
    if known is None:
        raise DeploymentError(f"There is no destination {name}.")
    secret = rotate_secret(known)
    console.print(f"Both secrets sign from now on. {_ONCE}\n  secret       {secret}", soft_wrap=True)


@destination.command("remove")
def destination_remove(name: str, stage: Stage = "dev", outputs: Outputs = None, yes: Yes = False) -> None:
    """Remove a destination and its secret."""
    deployed = deployment(stage, outputs)
    known = named(deployed, name)
    if known is None:
        raise DeploymentError(f"There is no destination {name}.")
    if not yes:
        typer.confirm(f"Remove {known.name} ({known.url})? What waits for it is dropped.", abort=True)
    remove_destination(deployed, known)
    console.print(f"Removed {known.id}.")
