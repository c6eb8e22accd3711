"""Webhooks that come in: whether one is its sender's by the source's scheme, and the elements that it brings."""

import hashlib
import hmac
import json
from base64 import b64encode
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.domain import times
from shared.domain.forbidden import masked_text
from shared.domain.sources import WebhookScheme
from shared.domain.standard_webhooks import signature
from shared.domain.validation import Refusal

TOLERANCE = timedelta(minutes=5)
_STANDARD_PREFIX = "webhook"
_LONGEST_ID = 80
_MILLISECONDS_FROM = 10_000_000_000


@dataclass(frozen=True, slots=True)
class Verified:
    """`id` is the sender's own of this delivery, signed; empty where the scheme has none."""

    id: str = ""


@dataclass(frozen=True, slots=True)
class Brought:
    """Entries of a list, and what stands beside the list, which goes into each: an entry's own fields win."""

    beside: Mapping[str, Any]
    entries: Sequence[Any]

    def elements(self) -> list[Any]:
        return [{**self.beside, **entry} if isinstance(entry, dict) else entry for entry in self.entries]


def secret_name(stage: str, source_id: str) -> str:
    """Where the secrets of a source's webhooks lie: a JSON list, two while they rotate."""
    return f"jogakbo/{stage}/sources/{source_id}/webhook"


def verify(
    scheme: WebhookScheme, headers: Mapping[str, str], bodies: Collection[bytes], secrets: Sequence[str], now: datetime
) -> Verified | Refusal:
    """Judge a delivery. `headers` have lower-case names; any of `bodies` (as it came, inflated) may be what was signed.

    SecretError where a secret of Standard Webhooks is none.
    """
    names = _headers_needed(scheme)
    missing = next((name for name in names if not headers.get(name)), None)
    if missing:
        return Refusal("missing_signature", missing, f"Send the header {missing}.")
    values = [headers[name].strip().encode(errors="replace").decode() for name in names]
    given = _given(scheme, values[0])
    wanted = [_wanted(scheme, secret, body, values) for secret in secrets for body in bodies]
    if not any(_equal(one, other) for one in given for other in wanted):
        return Refusal("wrong_signature", names[0], "Sign the body as it is sent, with the secret of this source.")
    if len(values) > 1 and not _is_recent(values[1], now):
        return Refusal("stale_signature", names[1], "Sign anew with the time of this try, and set the clock.")
    return Verified(values[2] if scheme.kind == "standard" else "")


def brought(payload: Any, list_field: str) -> Brought | None:
    """What a payload brings: the entries of a list, or of the object's list, else the object. None for all else."""
    if isinstance(payload, list):
        return Brought({}, payload)
    if not isinstance(payload, dict):
        return None
    entries = payload.get(list_field) if list_field else None
    if not isinstance(entries, list):
        return Brought({}, [payload])
    return Brought({name: value for name, value in payload.items() if name != list_field}, entries)


def with_message_ids(found: Sequence[Any], source_id: str, delivery_id: str) -> list[Any]:
    """Give each element without a messageId one that the same delivery gets again: of its id, else of what it is."""
    stem = delivery_id
    if not stem or len(stem) > _LONGEST_ID or not stem.isprintable():
        text, _ = masked_text(json.dumps([source_id, stem or found], sort_keys=True))  # numbers could be guessed
        stem = f"webhook-{hashlib.sha256(text.encode()).hexdigest()[:32]}"
    names = [stem] if len(found) == 1 else [f"{stem}-{place}" for place in range(len(found))]
    return [
        {**element, "messageId": name}
        if isinstance(element, dict) and element.get("messageId") in (None, "")
        else element
        for element, name in zip(found, names, strict=True)
    ]


def _headers_needed(scheme: WebhookScheme) -> list[str]:
    """Those of the signature, the time and the delivery's id, as far as the scheme has them."""
    if scheme.kind == "standard":
        prefix = scheme.header.lower() or _STANDARD_PREFIX
        return [f"{prefix}-signature", f"{prefix}-timestamp", f"{prefix}-id"]
    return [name.lower() for name in (scheme.header, scheme.timestamp_header) if name]


def _given(scheme: WebhookScheme, value: str) -> list[str]:
    """The signatures that were sent, each as it would be made here."""
    if scheme.kind == "standard":
        return value.split()
    sent = value.removeprefix(scheme.prefix)
    return [sent.lower() if scheme.kind == "hmac" and scheme.encoding == "hex" else sent]


def _wanted(scheme: WebhookScheme, secret: str, body: bytes, values: Sequence[str]) -> str:
    if scheme.kind == "secret":
        return secret
    if scheme.kind == "standard":
        return signature(secret, values[2], values[1], body)
    before, _, after = scheme.signed.partition("{body}") if scheme.timestamp_header else ("", "", "")
    around = [text.replace("{timestamp}", values[-1]).encode() for text in (before, after)]
    made = hmac.new(secret.encode(), around[0] + body + around[1], hashlib.sha256)
    return made.hexdigest() if scheme.encoding == "hex" else b64encode(made.digest()).decode()


def _equal(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def _is_recent(text: str, now: datetime) -> bool:
    """Whether a time in seconds, milliseconds or ISO-8601 lies within the tolerance, before or after."""
    try:
        seconds = int(text) if text.lstrip("-").isdigit() else None
        if seconds is not None and seconds >= _MILLISECONDS_FROM:
            seconds //= 1000
        moment = times.from_text(text) if seconds is None else datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return False
    return abs(now - moment) <= TOLERANCE
