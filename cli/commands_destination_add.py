"""The command that adds a destination, of whichever kind its flags say; partners have `partner add`."""

from typing import Annotated, Any

import typer

from cli.access import console
from cli.api import ApiError, ApiUrl, Local, Token, api_of
from cli.commands_destinations import DestinationId
from cli.deployment import DeploymentError
from cli.printing import told_once
from shared.contracts.bus import DETAILS
from shared.domain.destination_rules import LIST_TAKES
from shared.domain.destinations import ListSettings

_FLAGS = {
    "url": "--url",
    "stream": "--stream",
    "s3_list.most_facts": "--most-facts",
    "s3_list.most_seconds": "--most-seconds",
    "s3_list": "--segment",
    "detail_types": "--fact",
    "purposes": "--purpose",
    "identifiers": "--identifier",
    "traits": "--trait",
    "fields": "--field",
    "facts_per_second": "--facts-per-second",
}


def destination_add(
    destination_id: DestinationId,
    url: Annotated[str, typer.Option(help="A webhook: public https URL, port 443 or 8443")] = "",
    stream: Annotated[str, typer.Option(help="A stream: ARN of a queue of SQS or a stream of Kinesis")] = "",
    segment: Annotated[str, typer.Option(help="A list: files of the members of this segment")] = "",
    api_url: ApiUrl = "",
    api_token: Token = "",
    outputs: Local = None,
    name: Annotated[str, typer.Option(help="Its id without")] = "",
    fact: Annotated[list[str] | None, typer.Option(help="A fact to tell, e.g. 'Segment Entered'; all without")] = None,
    purpose: Annotated[list[str] | None, typer.Option(help="A consent purpose it needs; repeat for more")] = None,
    identifier: Annotated[list[str] | None, typer.Option(help="A namespace it may get, e.g. email")] = None,
    trait: Annotated[list[str] | None, typer.Option(help="A trait it may get")] = None,
    field: Annotated[list[str] | None, typer.Option(help="em=identifiers.email:sha256; the hash may be absent")] = None,
    facts_per_second: Annotated[int, typer.Option(min=0, help="Its rate; 0: any number")] = 0,
    most_facts: Annotated[int | None, typer.Option(help="Changes after which a list writes a file")] = None,
    most_seconds: Annotated[int | None, typer.Option(help="Seconds after which it does")] = None,
    region: Annotated[str, typer.Option(help="Where the recipient keeps it, for the register of data flows")] = "",
    retention: Annotated[str, typer.Option(help="For how long")] = "",
) -> None:
    """Add a webhook (--url), a stream (--stream) or a list (--segment). It is told what happens from now on."""
    if [bool(one) for one in (url, stream, segment)].count(True) != 1:
        raise DeploymentError("Say one: --url for a webhook, --stream for a queue or stream, --segment for a list.")
    body = {
        **_of_kind(url, stream, segment, most_facts, most_seconds),
        "name": name or destination_id,
        "detail_types": fact or list(LIST_TAKES if segment else DETAILS),
        "purposes": purpose or [],
        "identifiers": identifier or [],
        "traits": trait or [],
        "fields": [_field(one) for one in field or []],
        "facts_per_second": facts_per_second,
        "region": region,
        "retention": retention,
    }
    try:
        made = api_of(api_url, api_token, outputs).put(f"/v1/destinations/{destination_id}", body)
    except ApiError as error:
        raise _of_flag(error) from error
    console.print(f"Added destination {made['id']}.", soft_wrap=True)
    if url:
        told_once("secret", made["secret"])
    elif stream:
        console.print(f"`destination_arns` of the deployment has to name {stream}", soft_wrap=True)
    else:
        console.print(f"Its files come below outbound/{destination_id}/ in the bucket.", soft_wrap=True)


def _of_kind(url: str, stream: str, segment: str, most_facts: int | None, most_seconds: int | None) -> dict[str, Any]:
    if not segment and (most_facts is not None or most_seconds is not None):
        raise DeploymentError("--most-facts and --most-seconds are of a list: they need --segment.")
    if url:
        return {"url": url}
    if stream:
        return {"kind": "stream", "stream": {"arn": stream}}
    usual = ListSettings(segment)
    facts = usual.most_facts if most_facts is None else most_facts
    seconds = usual.most_seconds if most_seconds is None else most_seconds
    return {"kind": "s3_list", "s3_list": {"segment": segment, "most_facts": facts, "most_seconds": seconds}}


def _field(text: str) -> dict[str, str]:
    name, equals, said = text.partition("=")
    source, _, how = said.partition(":")
    if not equals:
        raise DeploymentError(f"--field: “{text}” is no field. Write it as em=identifiers.email:sha256.")
    return {"name": name, "source": source, "hash": how}


def _of_flag(error: ApiError) -> DeploymentError:
    """What the API says of a field, said of the flag that it comes from."""
    field = error.problem.get("field") or ""
    flag = next((flag for name, flag in _FLAGS.items() if f"{field}.".startswith(f"{name}.")), "")
    if not flag:
        return error
    message, fix = error.problem["message"].removeprefix(f"{field}: "), error.problem.get("fix", "")
    return DeploymentError(f"{flag}: {message}{f' Remedy: {fix}' if fix else ''}")
