"""Commands for partners in other accounts, through the API and with a token alone."""

import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.access import TIMES, Outputs, Stage, Yes, console, deployment, time_of
from cli.api import ApiUrl, Local, Token, api_of
from cli.deployment import DeploymentError
from cli.partner_snapshot import SETTLED_SECONDS, snapshot_of, write
from cli.printing import table_of
from shared.contracts.samples import NOBODY
from shared.domain.destinations import Destination
from shared.domain.partners import ENDED, NEEDED
from shared.domain.times import to_text

partner = typer.Typer(help="Partners: who is told what on a bus in an account of their own.", no_args_is_help=True)

KIND = "partner_bus"
PartnerId = Annotated[str, typer.Argument(help="Small letters, digits, - and _, such as acme")]


@partner.command("add")
def partner_add(
    partner_id: PartnerId,
    account: Annotated[str, typer.Option(help="The partner's AWS account: 12 digits")],
    events: Annotated[str, typer.Option(help="Facts to tell, with commas: 'Segment Entered,Consent Changed'")],
    in_region: Annotated[str, typer.Option("--in", help="AWS region of their bus")],
    api_url: ApiUrl = "",
    api_token: Token = "",
    outputs: Local = None,
    bus: Annotated[str, typer.Option(help="Name of their bus")] = "jogakbo",
    name: Annotated[str, typer.Option(help="Its id without")] = "",
    purpose: Annotated[list[str] | None, typer.Option(help="A consent purpose it needs; repeat for more")] = None,
    known_by: Annotated[str, typer.Option(help="Namespace of the partner's own ids of people")] = "",
    identifier: Annotated[list[str] | None, typer.Option(help="A namespace it may get, e.g. email")] = None,
    trait: Annotated[list[str] | None, typer.Option(help="A trait it may get")] = None,
    region: Annotated[str, typer.Option(help="Where the recipient keeps it, for the register of data flows")] = "",
    retention: Annotated[str, typer.Option(help="For how long")] = "",
) -> None:
    """Add a partner. It is told what happens from now on, of people by pseudonyms of its own."""
    arn = f"arn:aws:events:{in_region}:{account}:event-bus/{bus}"
    named = [one.strip() for one in events.split(",") if one.strip()]
    if not named:
        raise typer.BadParameter("Name the facts to tell, with commas: --events 'Segment Entered,Consent Changed'.")
    identifiers = [*(identifier or []), *([known_by] if known_by else [])]
    body = {
        "name": name or partner_id,
        "kind": KIND,
        "partner_bus": {"bus": arn, "known_by": known_by},
        "detail_types": list(dict.fromkeys([*named, *NEEDED])),
        "purposes": purpose or [],
        "identifiers": list(dict.fromkeys(identifiers)),
        "traits": trait or [],
        "region": region,
        "retention": retention,
    }
    made = api_of(api_url, api_token, outputs).put(f"/v1/destinations/{partner_id}", body)
    console.print(f"Added partner {made['id']}: it is told {', '.join(made['detail_types'])}.", soft_wrap=True)
    console.print(f"`destination_arns` of the deployment has to name {arn}", soft_wrap=True)


@partner.command("list")
def partner_list(api_url: ApiUrl = "", api_token: Token = "", outputs: Local = None) -> None:
    """List the partners."""
    table = table_of("id", "name", "facts", "needs consent to", "may get", "state", "bus")
    for known in api_of(api_url, api_token, outputs).pages("/v1/destinations", "items"):
        if known["kind"] == KIND:
            facts, purposes = ", ".join(known["detail_types"]), ", ".join(known["purposes"])
            fields = ", ".join((*known["identifiers"], *known["traits"]))
            bus = known["partner_bus"]["bus"]
            table.add_row(known["id"], known["name"], facts, purposes, fields, known["state"], bus)
    console.print(table)


@partner.command("replay")
def partner_replay(
    partner_id: PartnerId,
    since: Annotated[str, typer.Option(help=f"Facts whose delivery ended from then on. {TIMES}")],
    api_url: ApiUrl = "",
    api_token: Token = "",
    outputs: Local = None,
    until: Annotated[str, typer.Option(help="and before then")] = "",
) -> None:
    """Put a time's facts on this partner's bus once more, marked; each is asked for anew whether it may leave."""
    body = {name: to_text(time_of(value)) for name, value in (("since", since), ("until", until)) if value}
    told = api_of(api_url, api_token, outputs).post(f"/v1/destinations/{partner_id}/redeliver", body)
    console.print(f"Asked for, as {told['id']}: each comes with cause replay.", soft_wrap=True)


@partner.command("snapshot")
def partner_snapshot(
    partner_id: PartnerId,
    to: Annotated[Path, typer.Option(help="A new file, such as acme.jsonl.gz")],
    stage: Stage = "dev",
    outputs: Outputs = None,
) -> None:
    """Write what a partner may know by now, a line for each person, with AWS credentials. Each is in the audit log."""
    deployed = deployment(stage, outputs)
    found = deployed.catalogue.find(Destination, partner_id)
    if found is None or found.partner_bus is None:
        raise DeploymentError(f"There is no partner {partner_id}. Remedy: `jogakbo partner list` names them.")
    at = datetime.now(UTC)
    time.sleep(SETTLED_SECONDS)
    written = write(snapshot_of(deployed, found), to, at, datetime.now(UTC))
    console.print(f"{written} people in {to}", soft_wrap=True)


@partner.command("test")
def partner_test(partner_id: PartnerId, api_url: ApiUrl = "", api_token: Token = "", outputs: Local = None) -> None:
    """Put a test of each fact on a partner's bus, marked and about nobody, and say what became of it."""
    api = api_of(api_url, api_token, outputs)
    for detail_type in _known(api.get(f"/v1/destinations/{partner_id}"))["detail_types"]:
        told = api.post(f"/v1/destinations/{partner_id}/test", {"detail_type": detail_type})
        console.print(f"{detail_type}: {told['status']} {told['reason'] or ''}", soft_wrap=True)


@partner.command("remove")
def partner_remove(
    partner_id: PartnerId, api_url: ApiUrl = "", api_token: Token = "", outputs: Local = None, yes: Yes = False
) -> None:
    """Remove a partner and the key of its pseudonyms: nothing is put on its bus from then on."""
    api = api_of(api_url, api_token, outputs)
    known = _known(api.get(f"/v1/destinations/{partner_id}"))
    if not yes:
        bus = known["partner_bus"]["bus"]
        typer.confirm(f"Remove {known['name']} ({bus})? Its pseudonyms can't be made again.", abort=True)
    api.delete(f"/v1/destinations/{partner_id}", known["version"])
    console.print(f"Removed {partner_id}. It is told so on its bus within a minute.", soft_wrap=True)
    console.print(f"`jogakbo partner receipt {partner_id}` says what it was told last.", soft_wrap=True)


@partner.command("receipt")
def partner_receipt(partner_id: PartnerId, api_url: ApiUrl = "", api_token: Token = "", outputs: Local = None) -> None:
    """Say of a partner that was removed what it was told, and last, as the ledger has it for 90 days."""
    pages = api_of(api_url, api_token, outputs).pages
    if any(known["id"] == partner_id for known in pages("/v1/destinations", "items")):
        raise DeploymentError(f"{partner_id} is still there. Remedy: `jogakbo partner remove {partner_id}`.")
    found = receipt_of(pages("/v1/privacy/deliveries", "deliveries", {"destination": partner_id}))
    if not any(found.values()):
        raise DeploymentError(
            f"Nothing is known of a partner {partner_id} in the last 90 days. Remedy: check the id;"
            " a minute of patience where it was removed just now."
        )
    if not found["ended"]:
        raise DeploymentError(
            f"{partner_id} isn't told yet. Remedy: a minute of patience; then see that its bus is in `destination_arns`"
            " and lets the role in. It is tried ten times over about two days."
        )
    for name, value in found.items():
        console.print(f"  {name:<12} {value}", soft_wrap=True)


def receipt_of(deliveries: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Facts by how they ended, how many people changes in bulk told of, when the last arrived, and when and how the
    partner was told that it is over. Tests are about nobody: they are counted apart, however they ended.
    """
    counts: dict[str, int] = {}
    last = ended = said = ""
    for one in deliveries:
        if one["detail_type"] == ENDED:
            if one["at"] > ended:
                ended, said = one["at"], one["reason"] or one["status"]
            continue
        if one["profile_id"] == NOBODY:
            counts["tests"] = counts.get("tests", 0) + 1
            continue
        counts[one["status"]] = counts.get(one["status"], 0) + 1
        if one["status"] == "delivered" and (many := one["counts"].get("entered", 0) + one["counts"].get("exited", 0)):
            counts["people in files"] = counts.get("people in files", 0) + many
        last = max(last, one["at"]) if one["status"] == "delivered" else last
    return {**dict(sorted(counts.items())), "last fact": last, "ended": ended, "said": said}


def _known(found: dict[str, Any]) -> dict[str, Any]:
    if found["kind"] != KIND:
        raise DeploymentError(f"{found['id']} is a {found['kind']}. Remedy: `jogakbo destination --help`.")
    return found
