"""A stored event as a row of the lake: plain JSON in the columns of `columns.py`; whose it is is joined later."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from shared.domain.canonical import Canonical, canonical_of
from shared.domain.events import Event
from shared.domain.times import to_text
from shared.lake.columns import CAMPAIGN

_JSON = ("properties", "traits", "context")
_ELSEWHERE = frozenset((*_JSON, "type", "messageId", "userId", "anonymousId"))
_DAY = len("2026-11-21")


def row_of(event: Event, ttl: int) -> dict[str, Any]:
    """The row, with its partition; what isn't there is left out. `ttl` is in epoch seconds."""
    elsewhere = _ELSEWHERE | {"event"} if event.name else _ELSEWHERE
    other = {name: value for name, value in event.body.items() if name not in elsewhere}
    row = {
        "pk": event.pk,
        "sk": event.sk,
        "message_id": event.message_id,
        "type": event.type,
        "name": event.name,
        "time": event.time,
        "received_at": event.received_at,
        "stored_at": event.stored_at,
        "expires_at": to_text(datetime.fromtimestamp(ttl, UTC)),
        "replayed": event.replayed,
        "late": event.stored_at[:_DAY] > event.time[:_DAY],
        "user_id": event.body.get("userId"),
        "anonymous_id": event.body.get("anonymousId"),
        **_canonical(canonical_of(event)),
        **{name: _json(event.body.get(name)) for name in _JSON},
        "other": _json(other),
        "source": event.source_id,
        "day": event.time[:_DAY],
    }
    return {name: value for name, value in row.items() if value is not None}


def body_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """The canonical event that a row was made from."""
    body = {"type": row["type"], "messageId": row["message_id"]}
    named = {"event": row["name"], "userId": row["user_id"], "anonymousId": row["anonymous_id"]}
    body |= {name: value for name, value in named.items() if value is not None}
    body |= {name: json.loads(row[name]) for name in _JSON if row[name] is not None}
    return body | (json.loads(row["other"]) if row["other"] else {})


def _canonical(fields: Canonical) -> dict[str, Any]:
    campaign, location, text = fields.campaign or {}, fields.location, fields.free_text
    return {
        "session_id": fields.session_id,
        **{f"campaign_{name}": campaign.get(name) for name in CAMPAIGN},
        "referrer": fields.referrer,
        "channel": fields.channel.name if fields.channel else None,
        "touchpoint": fields.touchpoint,
        "country": location.country if location else None,
        "region": location.region if location else None,
        "city": location.city if location else None,
        "amount": str(fields.amount.value) if fields.amount else None,
        "currency": fields.amount.currency if fields.amount else None,
        "text": "\n".join(text.values()) if text else None,
    }


def _json(value: Any) -> str | None:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) if value else None
