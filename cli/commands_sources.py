"""Commands for sources and their write keys, through the API and with a token alone."""

from collections.abc import Iterator
from typing import Annotated, Any

import typer
from rich.table import Table

from cli.access import Yes, console
from cli.api import Api, ApiUrl, Body, Local, Token, api_of
from cli.printing import table_of, told_once
from shared.domain.outcomes import ENDINGS

source = typer.Typer(help="Sources: where events come from.", no_args_is_help=True)
key = typer.Typer(help="Write keys of a source: several at a time, so that they can be rotated.", no_args_is_help=True)
source.add_typer(key, name="key")

SourceId = Annotated[str, typer.Argument(help="Small letters, digits, - and _, such as web-shop")]
_SENDING = ("web", "mobile", "server")
_STYLES = {"silent": "red", "low": "yellow", "high": "yellow", "usual": "green", "unknown": ""}


@source.command("add")
def source_add(
    source_id: SourceId,
    api_url: ApiUrl = "",
    api_token: Token = "",
    outputs: Local = None,
    name: Annotated[str, typer.Option(help="Its id without")] = "",
    kind: Annotated[str, typer.Option(help="web, mobile, server, file, webhook or stream")] = "server",
    owner: Annotated[str, typer.Option(help="Who answers for it")] = "",
) -> None:
    """Add a source, with a write key where it sends with one."""
    api = api_of(api_url, api_token, outputs)
    made = api.put(f"/v1/sources/{source_id}", {"name": name or source_id, "kind": kind, "owner": owner})
    console.print(f"Added source {made['id']}.", soft_wrap=True)
    if kind in _SENDING:
        _add_key(api, source_id)


@source.command("set")
def source_set(
    source_id: SourceId,
    api_url: ApiUrl = "",
    api_token: Token = "",
    outputs: Local = None,
    name: Annotated[str | None, typer.Option(help="A new name")] = None,
    live: Annotated[bool | None, typer.Option("--live/--disabled", help="Whether it may send")] = None,
    owner: Annotated[str | None, typer.Option(help="Who answers for it")] = None,
    sensitivity: Annotated[str | None, typer.Option(help="ordinary, personal or sensitive")] = None,
    retention_class: Annotated[str | None, typer.Option(help="For events stored from now on")] = None,
    events_per_second: Annotated[int | None, typer.Option(min=0, help="Per warm process; 0: any number")] = None,
    allow_origin: Annotated[list[str] | None, typer.Option(help='Repeat for more; "" lifts the limit')] = None,
    truncate_ip: Annotated[bool | None, typer.Option(help="Keep only the network of a visitor's ip")] = None,
    mapping: Annotated[str | None, typer.Option(help='Id of a mapping; "" for none')] = None,
    tracking_plan: Annotated[str | None, typer.Option(help='Id of a tracking plan; "" for none')] = None,
    forbidden_numbers: Annotated[str | None, typer.Option(help="mask or quarantine")] = None,
) -> None:
    """Change a source; what isn't named stays. A change is felt within a minute."""
    api = api_of(api_url, api_token, outputs)
    asked: dict[str, Any] = {
        "name": name,
        "state": None if live is None else ("live" if live else "disabled"),
        "owner": owner,
        "sensitivity": sensitivity,
        "retention_class": retention_class,
        "events_per_second": events_per_second,
        "allowed_origins": None if allow_origin is None else [origin for origin in allow_origin if origin],
        "truncates_ip": truncate_ip,
        "mapping": mapping,
        "tracking_plan": tracking_plan,
        "forbidden_numbers": forbidden_numbers,
    }
    path = f"/v1/sources/{source_id}"
    api.put(path, {**api.get(path), **{field: value for field, value in asked.items() if value is not None}})
    console.print(f"Changed {source_id}. It is felt within a minute.", soft_wrap=True)


@source.command("list")
def source_list(api_url: ApiUrl = "", api_token: Token = "", outputs: Local = None) -> None:
    """List the sources."""
    table = table_of("id", "name", "kind", "state", "owner", "retention", "mapping", "plan")
    for known in api_of(api_url, api_token, outputs).pages("/v1/sources", "items"):
        fields = ("id", "name", "kind", "state", "owner", "retention_class", "mapping", "tracking_plan")
        table.add_row(*(known[field] for field in fields))
    console.print(table)


@source.command("show")
def source_show(source_id: SourceId, api_url: ApiUrl = "", api_token: Token = "", outputs: Local = None) -> None:
    """One source with all its settings."""
    console.print_json(data=api_of(api_url, api_token, outputs).get(f"/v1/sources/{source_id}"))


@source.command("remove")
def source_remove(
    source_id: SourceId, api_url: ApiUrl = "", api_token: Token = "", outputs: Local = None, yes: Yes = False
) -> None:
    """Remove a source. Its stored events stay; nobody can send with its write keys any more."""
    api = api_of(api_url, api_token, outputs)
    if not yes:
        typer.confirm(f"Remove {source_id}? What is sent with its write keys is refused.", abort=True)
    api.delete(f"/v1/sources/{source_id}")
    console.print(f"Removed {source_id}.", soft_wrap=True)


@source.command("health")
def source_health(source_id: SourceId, api_url: ApiUrl = "", api_token: Token = "", outputs: Local = None) -> None:
    """How a source is doing: when it was heard, how its events ended, what was wrong with them."""
    found = api_of(api_url, api_token, outputs).get(f"/v1/sources/{source_id}/health")
    for line, style in _health(found):
        console.print(line, style=style or None, soft_wrap=True)
    if found["top"]:
        console.print(_top(found["top"]))


def _health(found: Body) -> Iterator[tuple[str, str]]:
    """Lines and their styles."""
    day, hour = found["day"], found["last_full"]
    usual = "nothing known" if hour["usual"] is None else f"{hour['usual']:g} usual at this hour"
    yield f"{found['source_id']}, owner {found['owner'] or 'nobody'}, kept {found['retention_days']} days", "bold"
    yield f"last seen     {found['last_seen'] or 'not in eight days'} (hour, UTC)", ""
    yield f"last hour     {hour['received']} received, {usual}: {found['volume']}", _STYLES[found["volume"]]
    yield f"this hour     {found['present']['received']} received so far", ""
    yield f"24 hours      {day['received']} received: {', '.join(f'{day[end]} {end}' for end in ENDINGS)}", ""
    if found["adds_up"]:
        yield f"              adds up; {day['waiting']} events wait for a retry", "green"
    else:
        gap = f"reconciliation found {day['reconciled_gap']} lost or counted wrong: jogakbo ledger"
        yield f"              {day['unexplained']} events have no ending; {gap}", "red"


def _top(groups: dict[str, list[dict[str, Any]]]) -> Table:
    table = table_of("what was noted in 24 hours", "about", "events")
    for about, notes in groups.items():
        for note in notes:
            table.add_row(about, note["what"], str(note["count"]))
    return table


@key.command("add")
def key_add(source_id: SourceId, api_url: ApiUrl = "", api_token: Token = "", outputs: Local = None) -> None:
    """Make a write key beside those there are."""
    _add_key(api_of(api_url, api_token, outputs), source_id)


@key.command("list")
def key_list(source_id: SourceId, api_url: ApiUrl = "", api_token: Token = "", outputs: Local = None) -> None:
    """List the write keys of a source, revoked ones too; never the keys themselves."""
    table = table_of("id", "created", "state")
    for known in api_of(api_url, api_token, outputs).get(f"/v1/sources/{source_id}/write-keys")["write_keys"]:
        table.add_row(known["id"], known["created_at"], known["state"])
    console.print(table)


@key.command("revoke")
def key_revoke(
    source_id: SourceId,
    key_id: Annotated[str, typer.Argument(help="As `source key list` shows it")],
    api_url: ApiUrl = "",
    api_token: Token = "",
    outputs: Local = None,
    yes: Yes = False,
) -> None:
    """Revoke a write key for good: within a minute, what is sent with it is refused."""
    api = api_of(api_url, api_token, outputs)
    if not yes:
        typer.confirm(f"Revoke {key_id} of {source_id}? Whoever still sends with it is refused.", abort=True)
    api.delete(f"/v1/sources/{source_id}/write-keys/{key_id}")
    console.print(f"Revoked {key_id}. It is felt within a minute.", soft_wrap=True)


def _add_key(api: Api, source_id: str) -> None:
    made = api.post(f"/v1/sources/{source_id}/write-keys")
    console.print(f"Added write key {made['id']}.", soft_wrap=True)
    told_once("write_key", made["write_key"])
