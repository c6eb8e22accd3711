"""Files of a change in bulk, below a folder of the destination's own, and the list of them that it is told of."""

import json
from datetime import datetime, timedelta
from typing import Any

from shared.aws.objects import presigned, put_object
from shared.contracts.bus import Gathered, SegmentChangedInBulk
from shared.destinations.s3_list.mapping import PREFIX
from shared.domain.times import to_text

LINES = ".jsonl.gz"
GOOD_FOR = timedelta(hours=1)
"""A link ends sooner where the function's own credentials do."""


def key_of(destination_id: str, fact: SegmentChangedInBulk, turn: int, name: str) -> str:
    stamp = fact.metadata.time.replace(":", "-")
    return f"{PREFIX}{destination_id}/bulk/{stamp}-{fact.data.segment}/{turn}-{name}"


def lines_key(destination_id: str, fact: SegmentChangedInBulk, turn: int, part: int) -> str:
    return key_of(destination_id, fact, turn, f"{part:05d}{LINES}")


def listed(bucket: str, destination_id: str, fact: SegmentChangedInBulk, found: Gathered, now: datetime) -> Any:
    """What the destination is told of its files: where their list is, whose links begin anew with each try."""
    seconds = int(GOOD_FOR.total_seconds())
    keys = [lines_key(destination_id, fact, found.turn, part) for part in range(found.parts)]
    expires_at = to_text(now + GOOD_FOR)
    files = {"files": [presigned(bucket, key, seconds) for key in keys], "expires_at": expires_at}
    key = key_of(destination_id, fact, found.turn, "files.json")
    put_object(bucket, key, json.dumps(files).encode())
    many = {what: found.tally.get(what, 0) for what in ("entered", "exited")}
    return {**many, "url": presigned(bucket, key, seconds), "expires_at": expires_at}
