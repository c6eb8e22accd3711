"""Standard Webhooks signatures, made and checked: HMAC-SHA256 over id, time and body, one per secret that is valid."""

import binascii
import hashlib
import hmac
from base64 import b64decode, b64encode
from collections.abc import Sequence

_PREFIX = "whsec_"
SECRET_BYTES = 32


class SecretError(Exception):
    """A signing secret isn't `whsec_` and the base64 of 24 to 64 bytes. The message never holds the secret."""


def secret_of(key: bytes) -> str:
    """`SECRET_BYTES` random bytes as a signing secret."""
    return _PREFIX + b64encode(key).decode()


def signed_headers(secrets: Sequence[str], message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers. `timestamp` is that of this try in seconds; every secret signs: a rotation loses none."""
    if not secrets:
        raise SecretError("no secret")
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signature(secret, message_id, str(timestamp), body) for secret in secrets),
    }


def signature(secret: str, message_id: str, timestamp: str, body: bytes) -> str:
    """One entry of `webhook-signature`: `v1,` and base64. SecretError where the secret is none."""
    text = b".".join((message_id.encode(), timestamp.encode(), body))
    return "v1," + b64encode(hmac.digest(_key(secret), text, hashlib.sha256)).decode()


def _key(secret: str) -> bytes:
    try:
        key = b64decode(secret.removeprefix(_PREFIX), validate=True)
    except binascii.Error as error:
        raise SecretError("not base64") from error
    if not secret.startswith(_PREFIX) or not 24 <= len(key) <= 64:
        raise SecretError("not whsec_ and 24 to 64 bytes")
    return key
