"""Stored events of a time range sent into stitching again: their keys come from the lake, the events from the table."""

import time
from collections.abc import Callable, Iterator
from datetime import datetime

from cli.deployment import Deployment
from cli.lake_engines import Table
from shared.aws.batching import chunks
from shared.aws.queues import send_messages
from shared.contracts.queues import EventKey, StitchRetry
from shared.domain.times import to_text

_KEYS_A_MESSAGE = 100
_MESSAGES_A_CALL = 10


def stored_keys(ask: Callable[[str], Table], source: str, first: datetime, last: datetime) -> list[tuple[str, str]]:
    """Keys of a source's events that happened in a time range, are still in the table and name somebody."""
    start, end = (to_text(moment)[:-1].replace("T", " ") for moment in (first, last))
    query = f"""
        SELECT pk, sk FROM lake_events
        WHERE source = '{source.replace("'", "''")}' AND day BETWEEN DATE '{start[:10]}' AND DATE '{end[:10]}'
        AND time BETWEEN TIMESTAMP '{start}' AND TIMESTAMP '{end}'
        AND expires_at > CURRENT_TIMESTAMP AND pk LIKE 'A#%'
        ORDER BY pk, sk"""
    return [(str(pk), str(sk)) for pk, sk in ask(query).rows]


def replay(
    deployed: Deployment, keys: list[tuple[str, str]], republish_from: datetime, per_second: int
) -> Iterator[int]:
    """Send them, no more than so many a second; after each call how many went with it."""
    since = to_text(republish_from)
    for part in chunks(keys, _KEYS_A_MESSAGE * _MESSAGES_A_CALL):
        messages = [
            StitchRetry(events=tuple(EventKey(pk=pk, sk=sk) for pk, sk in chunk), republish_from=since)
            for chunk in chunks(part, _KEYS_A_MESSAGE)
        ]
        send_messages(deployed.stitch_retries_url, [message.model_dump_json() for message in messages])
        yield len(part)
        time.sleep(len(part) / per_second)
