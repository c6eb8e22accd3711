"""Destinations: who is told what, each with a signing secret of its own that is shown once."""

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from botocore.exceptions import ClientError
from ulid import ULID

from cli.deployment import Deployment, DeploymentError, of_stack, stack_outputs
from shared.aws import clients
from shared.destinations.webhook.address_guard import Refused, check
from shared.domain.catalogue import Destination
from shared.domain.standard_webhooks import SECRET_BYTES, secret_of

_LOCAL = "local"


@dataclass(frozen=True, slots=True)
class Added:
    """A new destination and its signing secret."""

    id: str
    secret: str


def add_destination(
    stage: str,
    *,
    name: str,
    url: str,
    detail_types: Sequence[str],
    purposes: Sequence[str] = (),
    identifiers: Sequence[str] = (),
    traits: Sequence[str] = (),
    deployed: Deployment | None = None,
) -> Added:
    """Make a webhook destination; one of the same name gives way to it. DeploymentError for a URL that can't be one."""
    _check(url, stage)
    deployed = deployed or of_stack(stage, stack_outputs(stage))
    earlier = named(deployed, name)
    destination_id, secret = f"dst_{str(ULID()).lower()}", secret_of(secrets.token_bytes(SECRET_BYTES))
    secret_name = f"jogakbo/{stage}/destinations/{destination_id}"
    clients.secrets().create_secret(Name=secret_name, SecretString=json.dumps([secret]))
    destination = Destination(
        id=destination_id,
        name=name,
        url=url,
        detail_types=tuple(detail_types),
        secret_name=secret_name,
        purposes=tuple(purposes),
        identifiers=tuple(identifiers),
        traits=tuple(traits),
    )
    deployed.catalogue.put(destination)
    if earlier:
        remove_destination(deployed, earlier)
    return Added(destination_id, secret)


def named(deployed: Deployment, name_or_id: str) -> Destination | None:
    return next((d for d in deployed.catalogue.list(Destination) if name_or_id in (d.name, d.id)), None)


def remove_destination(deployed: Deployment, destination: Destination) -> None:
    """Forget the destination at once and its secret with it."""
    deployed.catalogue.delete(Destination, destination.id)
    try:
        clients.secrets().delete_secret(SecretId=destination.secret_name, ForceDeleteWithoutRecovery=True)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise


def rotate_secret(destination: Destination) -> str:
    """A new secret that signs beside the newest one until the next rotation."""
    client = clients.secrets()
    kept = json.loads(client.get_secret_value(SecretId=destination.secret_name)["SecretString"])
    secret = secret_of(secrets.token_bytes(SECRET_BYTES))
    client.put_secret_value(SecretId=destination.secret_name, SecretString=json.dumps([secret, kept[0]]))
    return secret


def _check(url: str, stage: str) -> None:
    try:
        target = check(url, allow_loopback=stage == _LOCAL)
    except OSError as error:
        raise DeploymentError(f"The host of {url} has no address: {error}. Remedy: check the name.") from error
    if isinstance(target, Refused):
        raise DeploymentError(
            f"{url} can't be a webhook: {target.reason}. Remedy: a public https URL on port 443 or 8443."
        )
