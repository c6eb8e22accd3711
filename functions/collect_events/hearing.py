"""Refusals are heard at the door: what somebody has just refused holds before the event that says so is folded."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from functions.collect_events.settings import doors
from shared.aws.observability import count
from shared.domain.batches import merged
from shared.domain.identifiers import of_event
from shared.domain.refusals import may_refuse, refused_signals
from shared.domain.times import to_text
from shared.domain.validation import time_of
from shared.stores.keys import identifier_hash


def hear(body: Mapping[str, Any], events: Sequence[Any], sent_at: str | None, now: datetime) -> None:
    """Note them on the identifiers they were said of. Raises where that can't be done: nothing is acknowledged then."""
    batch = body if "batch" in body else {}
    asked = events if may_refuse(batch) else [e for e in events if isinstance(e, Mapping) and may_refuse(e)]
    for whole in merged(batch, asked):
        signals = refused_signals(whole)
        identifiers = of_event(whole) if signals else ()
        if identifiers:
            received_at = to_text(now)
            time = min(to_text(time_of(whole, sent_at, received_at)[0]), received_at)
            anchor = identifier_hash(doors().identifier_key(), identifiers[0])
            doors().refusals.put([anchor], dict.fromkeys(signals, time), now)
            count("RefusalsHeard", len(signals))
