"""Secrets by name, read once per process and again after five minutes, so that a rotation arrives."""

import time
from datetime import datetime

from shared.aws.clients import secrets

_KEPT_SECONDS = 300.0
_cache: dict[str, tuple[float, str]] = {}


def secret_text(name: str) -> str:
    """The current text of the secret `name` (name or ARN). Raises botocore's ClientError where it can't be read."""
    kept = _cache.get(name)
    if kept and time.monotonic() - kept[0] < _KEPT_SECONDS:
        return kept[1]
    text = secrets().get_secret_value(SecretId=name)["SecretString"]
    _cache[name] = (time.monotonic(), text)
    return text


def find_kept_secret(name: str) -> str | None:
    """As `secret_text`, or None where there is none of this name."""
    try:
        return secret_text(name)
    except secrets().exceptions.ResourceNotFoundException:
        return None


def find_secret_text(name: str) -> str | None:
    """The current text of a secret, read anew, or None where there is none of this name."""
    try:
        return secrets().get_secret_value(SecretId=name)["SecretString"]
    except secrets().exceptions.ResourceNotFoundException:
        return None


def create_secret(name: str, text: str) -> None:
    """A new one. Raises botocore's ClientError where the name is taken."""
    secrets().create_secret(Name=name, SecretString=text)


def read_secret(name: str) -> str:
    """As it is at this moment, for who is about to change it."""
    return secrets().get_secret_value(SecretId=name)["SecretString"]


def written_at(name: str) -> datetime:
    """When its current text was put."""
    return secrets().get_secret_value(SecretId=name)["CreatedDate"]


def put_secret(name: str, text: str) -> None:
    secrets().put_secret_value(SecretId=name, SecretString=text)


def delete_secret(name: str) -> None:
    """At once and for good; nothing where it is gone already."""
    try:
        secrets().delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
    except secrets().exceptions.ResourceNotFoundException:
        return


def forget_secrets() -> None:
    """Drop the cache, for tests."""
    _cache.clear()
