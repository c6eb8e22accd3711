"""Webhooks into a source: its scheme is kept in the catalogue, the secret in Secrets Manager and shown once."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

import typer

from cli.access import Outputs, Stage, console, deployment
from cli.deployment import Deployment, DeploymentError
from shared.aws import clients
from shared.aws.secrets import find_secret_text
from shared.domain.incoming_webhooks import secret_name
from shared.domain.sources import Source, WebhookScheme
from shared.domain.standard_webhooks import SECRET_BYTES, SecretError, secret_of, signature

SCHEMES = {
    "standard": {"kind": "standard"},
    "hmac": {"kind": "hmac"},
    "secret": {"kind": "secret"},
    "github": {"kind": "hmac", "header": "X-Hub-Signature-256", "prefix": "sha256="},
    "gitlab": {"kind": "secret", "header": "X-Gitlab-Token"},
    "shopify": {"kind": "hmac", "header": "X-Shopify-Hmac-Sha256", "encoding": "base64"},
    "slack": {
        "kind": "hmac",
        "header": "X-Slack-Signature",
        "prefix": "v0=",
        "timestamp_header": "X-Slack-Request-Timestamp",
        "signed": "v0:{timestamp}:{body}",
    },
}
"""What `--scheme` may say: the three kinds, and senders whose settings are known."""
_ASK = "-"


def source_webhook(
    source_id: str,
    stage: Stage = "dev",
    outputs: Outputs = None,
    scheme: Annotated[str | None, typer.Option(help=f"How it is signed: {', '.join(SCHEMES)}")] = None,
    header: Annotated[str | None, typer.Option(help="Header of the signature or the secret")] = None,
    encoding: Annotated[str | None, typer.Option(help="Of an hmac: hex or base64")] = None,
    prefix: Annotated[str | None, typer.Option(help="What stands before it in the header, e.g. sha256=")] = None,
    timestamp_header: Annotated[str | None, typer.Option(help="Header of the time that an hmac covers too")] = None,
    signed: Annotated[str | None, typer.Option(help="What such an hmac is made of, e.g. {timestamp}.{body}")] = None,
    list_field: Annotated[str | None, typer.Option(help="Field of the body that lists several elements")] = None,
    secret: Annotated[str | None, typer.Option(help="The sender's secret; - asks for it. Otherwise made")] = None,
    rotate: Annotated[
        bool, typer.Option("--rotate", help="A new secret; the one before stays good until the next")
    ] = False,
    remove: Annotated[bool, typer.Option("--remove", help="Take no more webhooks, and forget the secret")] = False,
) -> None:
    """Take webhooks into a source: say how they are signed, and get the URL and the secret for their sender."""
    deployed = deployment(stage, outputs)
    known = deployed.catalogue.find(Source, source_id)
    if known is None:
        raise DeploymentError(f"There is no source {source_id}. Remedy: `jogakbo source list` names them.")
    if remove:
        _remove(deployed, known)
        console.print(f"{source_id} takes no more webhooks within a minute.", soft_wrap=True)
        return
    asked = {
        "header": header,
        "encoding": encoding,
        "prefix": prefix,
        "timestamp_header": timestamp_header,
        "signed": signed,
        "list_field": list_field,
    }
    wanted = _scheme(known.webhook, scheme, {name: value for name, value in asked.items() if value is not None})
    given = typer.prompt("secret", hide_input=True) if secret == _ASK else secret
    fresh = _keep_secret(deployed.stage, known, wanted, given, rotate)
    if wanted != known.webhook:
        deployed.catalogue.put(replace(known, webhook=wanted))
    console.print(f"{source_id} takes webhooks within a minute.", soft_wrap=True)
    console.print(f"  url          {deployed.collect_url}/v1/webhooks/{source_id}", soft_wrap=True)
    if fresh:
        console.print(f"Shown once: keep it now.\n  secret       {fresh}", soft_wrap=True)


def _scheme(known: WebhookScheme | None, name: str | None, asked: Mapping[str, str]) -> WebhookScheme:
    """A scheme of this name or the known one, with what was asked. DeploymentError where it can't be."""
    if name is None and known is None:
        raise DeploymentError(f"How is it signed? Remedy: --scheme with one of {', '.join(SCHEMES)}.")
    if name is not None and name not in SCHEMES:
        raise DeploymentError(f"There is no scheme {name}. Remedy: one of {', '.join(SCHEMES)}.")
    if asked.get("encoding", "hex") not in ("hex", "base64"):
        raise DeploymentError(f"There is no encoding {asked['encoding']}. Remedy: hex or base64.")
    fields: dict[str, Any] = {**(SCHEMES[name] if name else {}), **asked}
    try:
        return replace(known, **fields) if known and name is None else WebhookScheme(**fields)
    except ValueError as error:
        raise DeploymentError(f"{error}. Remedy: `jogakbo source webhook --help`.") from error


def _keep_secret(stage: str, source: Source, scheme: WebhookScheme, given: str | None, rotate: bool) -> str | None:
    """The secret that was stored in front of the one before, or None where that one goes on alone."""
    name = secret_name(stage, source.id)
    text = find_secret_text(name)
    # A secret of another kind couldn't be used under this scheme.
    before = json.loads(text)[:1] if text and source.webhook and source.webhook.kind == scheme.kind else []
    if before and not rotate and given is None:
        return None
    fresh = _checked(scheme, given) if given is not None else _made(scheme)
    kept = json.dumps([fresh, *(other for other in before if other != fresh)])
    if text is None:
        clients.secrets().create_secret(Name=name, SecretString=kept)
    else:
        clients.secrets().put_secret_value(SecretId=name, SecretString=kept)
    return fresh


def _made(scheme: WebhookScheme) -> str:
    return secret_of(secrets.token_bytes(SECRET_BYTES)) if scheme.kind == "standard" else secrets.token_urlsafe(32)


def _checked(scheme: WebhookScheme, given: str) -> str:
    if not given.strip():
        raise DeploymentError("An empty secret protects nothing. Remedy: leave out --secret, and one is made.")
    if scheme.kind == "standard":
        try:
            signature(given, "", "", b"")
        except SecretError as error:
            raise DeploymentError(f"This is no secret of Standard Webhooks: {error}.") from error
    return given


def _remove(deployed: Deployment, source: Source) -> None:
    deployed.catalogue.put(replace(source, webhook=None))
    name = secret_name(deployed.stage, source.id)
    if find_secret_text(name) is not None:
        clients.secrets().delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
