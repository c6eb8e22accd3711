"""Entries as the API shows them."""

import json
from base64 import b64encode
from typing import Any

from shared.contracts.quarantine import EntryDetailView, EntryView
from shared.contracts.records import parse_json
from shared.domain.quarantine import Quarantined
from shared.domain.validation import is_too_deep

MOST_SHOWN = 1_000_000
"""Bytes of what came: as JSON in ASCII they may become three times as many, and Lambda answers with 6 MB at most."""

_BEGINNING = 10_000
_PLAIN = (
    "source_id received_at quarantined_at reason field fix message_id correlation_id state replays replayed_at"
    " replayed_by replay_of refused_as"
).split()


def entry_view(entry: Quarantined) -> EntryView:
    return EntryView(**_plain(entry))


def detail_view(entry: Quarantined) -> EntryDetailView:
    content: dict[str, Any] = {"event": None, "text": None, "base64": None}
    record: dict[str, Any] = {"sent_at": entry.sent_at, "ip": entry.ip, "gpc": entry.gpc, "size": len(entry.body)}
    return EntryDetailView(**_plain(entry), **record, **{**content, **_content(entry.body)})


def _plain(entry: Quarantined) -> dict[str, Any]:
    return {"id": str(entry.id), **{name: getattr(entry, name) for name in _PLAIN}}


def _content(body: bytes) -> dict[str, Any]:
    if len(body) > MOST_SHOWN:
        return {"text": body[:_BEGINNING].decode(errors="replace")}
    try:
        text = body.decode()
    except ValueError:
        return {"base64": b64encode(body).decode()}
    return {"event": json.loads(text)} if _is_strict(text) else {"text": text}


def _is_strict(text: str) -> bool:
    """Whether a text is JSON that every reader of our answer can read."""
    try:
        value = parse_json(text)
        json.dumps(value, allow_nan=False)
    except (ValueError, RecursionError):
        return False
    return not is_too_deep(value, text)
