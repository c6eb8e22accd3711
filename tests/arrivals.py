"""Elements judged without a store: the key of an identifier is readable here."""

import json
from typing import Any

from shared.domain.events import Event
from shared.domain.identifiers import Identifier
from shared.domain.validation import Arrival, Refusal, validate
from shared.stores.keys import event_key

RECEIVED = "2026-11-21T09:30:00.000Z"


def readable_hash(identifier: Identifier) -> str:
    return f"{identifier.namespace}={identifier.value}"


def arrival(**fields: Any) -> Arrival:
    known = {
        "source_id": "src_web",
        "origin": "shardId-000000000000:1:0",
        "received_at": RECEIVED,
        "stored_at": "2026-11-21T09:30:01.000Z",
        "sent_at": None,
        "correlation_id": "c1",
        "ip": None,
        "gpc": False,
        "hash_of": readable_hash,
        "key_of": event_key,
    }
    return Arrival(**{**known, **fields})


def judged(element: Any, at: Arrival | None = None) -> Event | Refusal:
    text = json.dumps(element, ensure_ascii=False, separators=(",", ":"))
    return validate(element, text, at or arrival())
