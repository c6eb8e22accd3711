"""Makes sources, write keys and API tokens. Only their hashes are stored: what is returned here is seen once."""

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from ulid import ULID

from cli.deployment import Deployment, of_stack, stack_outputs
from shared.domain.api_tokens import SCOPES, ApiToken, Scope
from shared.domain.sources import Source, WriteKey
from shared.domain.times import to_text
from shared.stores.catalogue_store import CatalogueStore

TOKEN_DAYS = 365
MOST_TOKEN_DAYS = 3650


def provision(
    stage: str,
    outputs: Mapping[str, str] | None = None,
    source_name: str = "First source",
    token_days: int = TOKEN_DAYS,
) -> dict[str, str]:
    """A new source with a write key, and an API token with every scope: `source_id`, `write_key`, `api_token`.

    `outputs` are those of the stack; without them CloudFormation is asked.
    """
    deployed = of_stack(stage, stack_outputs(stage) if outputs is None else outputs)
    return provision_deployed(deployed, source_name, token_days)


def provision_deployed(deployed: Deployment, source_name: str, token_days: int) -> dict[str, str]:
    """The same for a deployment that has been found. The source comes last: it is the sign that all is there."""
    token = add_token(deployed.catalogue, "first token", SCOPES, token_days)
    source_id, write_key = add_source(deployed.catalogue, source_name)
    return {"source_id": source_id, "write_key": write_key, "api_token": token}


def add_source(catalogue: CatalogueStore, name: str) -> tuple[str, str]:
    """A new live source and its write key. The key is stored first: a source that is listed can be written to."""
    source_id, write_key = f"src_{str(ULID()).lower()}", f"wk_{secrets.token_urlsafe(24)}"
    catalogue.put_write_key(write_key, WriteKey(source_id, created_at=to_text(datetime.now(UTC))))
    catalogue.put(Source(id=source_id, name=name))
    return source_id, write_key


def add_token(
    catalogue: CatalogueStore,
    name: str,
    scopes: tuple[Scope, ...],
    days: int,
    purposes: tuple[str, ...] = (),
    controllers: tuple[str, ...] = (),
) -> str:
    """A new API token that expires after `days`."""
    token = f"jgb_{secrets.token_urlsafe(32)}"
    expires_at = to_text(datetime.now(UTC) + timedelta(days=days))
    catalogue.put_api_token(token, ApiToken(name, scopes, expires_at, purposes, controllers))
    return token
