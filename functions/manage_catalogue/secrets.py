"""Signing secrets of destinations: made with them, shown once, kept in Secrets Manager, gone with them."""

import json
import secrets

from shared.aws.secrets import create_secret, put_secret, read_secret
from shared.domain.standard_webhooks import SECRET_BYTES, secret_of


def make(stage: str, destination_id: str) -> tuple[str, str]:
    """Name and text of a new secret. Of two who make the same destination, each has a secret of its own."""
    name = f"jogakbo/{stage}/destinations/{destination_id}/{secrets.token_hex(4)}"
    secret = secret_of(secrets.token_bytes(SECRET_BYTES))
    create_secret(name, json.dumps([secret]))
    return name, secret


def rotate(name: str) -> str:
    """A new secret that signs beside the newest one until the next rotation."""
    newest = json.loads(read_secret(name))[0]
    secret = secret_of(secrets.token_bytes(SECRET_BYTES))
    put_secret(name, json.dumps([secret, newest]))
    return secret
