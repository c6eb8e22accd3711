"""Commands for destinations, through the API and with a token alone."""

from itertools import islice
from typing import Annotated, Any

import typer

from cli.access import TIMES, Yes, console, time_of
from cli.api import ApiUrl, Local, Token, api_of
from cli.printing import table_of, told_once
from shared.domain.times import to_text

destination = typer.Typer(help="Destinations: who is told what.", no_args_is_help=True)

deliveries = typer.Typer(help="Deliveries: what became of facts at a destination.", no_args_is_help=True)

DestinationId = Annotated[str, typer.Argument(help="Small letters, digits, - and _, such as crm")]


@destination.command("list")
def destination_list(api_url: ApiUrl = "", api_token: Token = "", outputs: Local = None) -> None:
    """List the destinations."""
    table = table_of("id", "name", "where", "facts", "needs consent to", "may get", "state")
    for known in api_of(api_url, api_token, outputs).pages("/v1/destinations", "items"):
        facts, purposes = ", ".join(known["detail_types"]), ", ".join(known["purposes"])
        fields = ", ".join((*known["identifiers"], *known["traits"]))
        table.add_row(known["id"], known["name"], _where(known), facts, purposes, fields, known["state"])
    console.print(table)


def _where(known: dict[str, Any]) -> str:
    of_kind = {"stream": "arn", "s3_list": "segment", "partner_bus": "bus"}
    kind = known["kind"]
    return str(known["url"] if kind not in of_kind else f"{kind} {(known.get(kind) or {}).get(of_kind[kind], '')}")


@destination.command("rotate")
def destination_rotate(
    destination_id: DestinationId, api_url: ApiUrl = "", api_token: Token = "", outputs: Local = None
) -> None:
    """Give a destination a new signing secret; the one before signs too until the next rotation."""
    made = api_of(api_url, api_token, outputs).post(f"/v1/destinations/{destination_id}/secret")
    console.print("Both secrets sign from now on.")
    told_once("secret", made["secret"])


@destination.command("remove")
def destination_remove(
    destination_id: DestinationId, api_url: ApiUrl = "", api_token: Token = "", outputs: Local = None, yes: Yes = False
) -> None:
    """Remove a destination and its secret."""
    api = api_of(api_url, api_token, outputs)
    known = api.get(f"/v1/destinations/{destination_id}")
    if not yes:
        typer.confirm(f"Remove {known['name']} ({_where(known)})? What waits for it is dropped.", abort=True)
    api.delete(f"/v1/destinations/{destination_id}", known["version"])
    console.print(f"Removed {destination_id}.", soft_wrap=True)


@destination.command("full-file")
def destination_full_file(
    destination_id: DestinationId, api_url: ApiUrl = "", api_token: Token = "", outputs: Local = None
) -> None:
    """Have a full file of a list written into the bucket."""
    api_of(api_url, api_token, outputs).post(f"/v1/destinations/{destination_id}/full-file")
    console.print(f"It is written below outbound/{destination_id}/full/ in the bucket.", soft_wrap=True)


@destination.command("test")
def destination_test(
    destination_id: DestinationId,
    fact: Annotated[str, typer.Option(help="What kind of fact")] = "Segment Entered",
    api_url: ApiUrl = "",
    api_token: Token = "",
    outputs: Local = None,
) -> None:
    """Send a sample of nobody to a destination, and say what came back."""
    api = api_of(api_url, api_token, outputs)
    told = api.post(f"/v1/destinations/{destination_id}/test", {"detail_type": fact})
    console.print(f"{told['status']}: {told['reason'] or told['code'] or told['id']}", soft_wrap=True)


@destination.command("pause")
def destination_pause(
    destination_id: DestinationId, api_url: ApiUrl = "", api_token: Token = "", outputs: Local = None
) -> None:
    """Hold what goes to a destination; it is kept for 90 days."""
    api_of(api_url, api_token, outputs).post(f"/v1/destinations/{destination_id}/pause")
    console.print(f"{destination_id} is paused. What comes is held.", soft_wrap=True)


@destination.command("resume")
def destination_resume(
    destination_id: DestinationId, api_url: ApiUrl = "", api_token: Token = "", outputs: Local = None
) -> None:
    """Let go what a destination was paused for."""
    api_of(api_url, api_token, outputs).post(f"/v1/destinations/{destination_id}/resume")
    console.print(f"{destination_id} goes on. What was held goes in about 15 seconds.", soft_wrap=True)


@destination.command("hold-all")
def destination_hold_all(api_url: ApiUrl = "", api_token: Token = "", outputs: Local = None, yes: Yes = False) -> None:
    """Hold everything outbound, to every destination."""
    if not yes:
        typer.confirm("Hold everything, withdrawals and requests to erase too?", abort=True)
    api_of(api_url, api_token, outputs).put("/v1/outbound", {"held": True})
    console.print("Nothing leaves any more, within five seconds.")


@destination.command("release-all")
def destination_release_all(api_url: ApiUrl = "", api_token: Token = "", outputs: Local = None) -> None:
    """Let everything outbound go again, what was held first."""
    api_of(api_url, api_token, outputs).put("/v1/outbound", {"held": False})
    console.print("What was held goes in about 15 seconds.")


@deliveries.command("redeliver")
def deliveries_redeliver(
    destination_id: DestinationId,
    api_url: ApiUrl = "",
    api_token: Token = "",
    outputs: Local = None,
    fact: Annotated[str, typer.Option(help="One fact, by its id")] = "",
    since: Annotated[str, typer.Option(help=f"Those that ended from then on. {TIMES}")] = "",
    until: Annotated[str, typer.Option(help="and before then")] = "",
    status: Annotated[str, typer.Option(help="Only those that ended so, such as failed")] = "",
) -> None:
    """Have facts delivered once more, each asked for anew whether it may leave."""
    times = {name: to_text(time_of(value)) for name, value in (("since", since), ("until", until)) if value}
    said = {"fact_id": fact, "status": status, **times}
    body = {name: value for name, value in said.items() if value}
    told = api_of(api_url, api_token, outputs).post(f"/v1/destinations/{destination_id}/redeliver", body)
    console.print(f"Asked for, as {told['id']}.", soft_wrap=True)


@deliveries.command("list")
def deliveries_list(
    destination_id: DestinationId,
    api_url: ApiUrl = "",
    api_token: Token = "",
    outputs: Local = None,
    status: Annotated[str, typer.Option(help="delivered, withheld, held, refused or failed; all without")] = "",
    profile: Annotated[str, typer.Option(help="Only those about this profile id: why it wasn't sent")] = "",
    limit: Annotated[int, typer.Option(min=1, help="How many at most")] = 50,
) -> None:
    """List deliveries with their reasons, as the ledger has them; by the ids of facts."""
    said = {"destination": destination_id, "status": status, "profile": profile}
    asked = {name: value for name, value in said.items() if value}
    table = table_of("fact", "what", "profile", "status", "reason", "at", "held until")
    for one in islice(api_of(api_url, api_token, outputs).pages("/v1/privacy/deliveries", "deliveries", asked), limit):
        numbers = ", ".join(f"{name} {number}" for name, number in one["counts"].items())
        what, reason = one["detail_type"], numbers or one["reason"] or str(one["code"] or "")
        table.add_row(one["fact_id"], what, one["profile_id"], one["status"], reason, one["at"], one["until"] or "")
    console.print(table)
