"""Where one event is: what store_events wrote down of it, what the lake has, and whether the table still has it."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from cli.deployment import Deployment
from cli.lake_engines import Table
from shared.aws.dynamo import get_item
from shared.domain.identity import owner
from shared.domain.times import hours, to_text
from shared.lake.views import JOINED, PERSON
from shared.stores.outcome_log import Line, OutcomeLog
from shared.stores.profile_store import ProfileStore

_ANCHOR = "A#"
_LAKE = f"""
SELECT e.source, e.day, e.pk, e.sk, e.received_at, e.stored_at, e."$path" AS file,
       {PERSON} AS profile_id
FROM {JOINED}
WHERE e.message_id = '{{}}'
"""


def trace(
    deployed: Deployment, message_id: str, first: datetime, last: datetime, ask: Callable[[str], Table]
) -> Iterator[str]:
    """What is known of an event, a line each; nothing where nobody has seen it. `ask` asks the lake."""
    lines = _written_down(OutcomeLog(deployed.log_bucket), message_id, first, last)
    answer = ask(_LAKE.format(message_id.replace("'", "''")))
    rows = [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]
    yield from map(_outcome, sorted(lines, key=lambda line: str(line["stored_at"])))
    stored = {(line["pk"], line["sk"]) for line in lines if "pk" in line}
    for pk, sk in sorted(stored | {(row["pk"], row["sk"]) for row in rows}):
        yield from _in_table(deployed, pk, sk)
    for row in rows:
        where = f"day {row['day']} of {row['source']}, stored {row['stored_at']}, {row['file']}"
        yield f"lake      {where}; profile {row['profile_id'] or 'none'}"


def _written_down(log: OutcomeLog, message_id: str, first: datetime, last: datetime) -> list[Line]:
    """Only lines that hold the id are parsed: most objects don't."""
    quoted = json.dumps(message_id, ensure_ascii=False)
    objects = (texts for hour in hours(first, last) for texts in log.objects_of_hour(hour))
    lines = (json.loads(text) for texts in objects for text in texts if quoted in text)
    return [line for line in lines if line.get("message_id") == message_id]


def _outcome(line: Line) -> str:
    why = ":".join(filter(None, (line.get("reason"), line.get("field"))))
    ended = f"{line['outcome']}{f' ({why})' if why else ''}{' (came again)' if line.get('redelivered') else ''}"
    came = f"received {line['received_at']} from {line['source_id']}, record {line['origin']}"
    return f"outcome   {line['stored_at']} {ended}; {came}, request {line['correlation_id'] or '-'}"


def _in_table(deployed: Deployment, pk: str, sk: str) -> Iterator[str]:
    item = get_item(deployed.events_table, pk, sk)
    until = to_text(datetime.fromtimestamp(item["ttl"], UTC)) if item else ""
    if item is None:
        there = "not in the table (any more)"
    elif item["ttl"] <= datetime.now(UTC).timestamp():
        there = f"expired {until}"
    else:
        there = f"in the table until {until}, record {item['origin']}"
    yield f"event     {pk}|{sk} {there}"
    if item and pk.startswith(_ANCHOR):
        yield f"profile   {_person(deployed, pk.removeprefix(_ANCHOR), item) or 'none yet: stitching has not seen it'}"


def _person(deployed: Deployment, anchor: str, item: dict[str, Any]) -> str | None:
    store = ProfileStore(deployed.profiles_table)
    ownership = store.ownerships([anchor]).get(anchor)
    held = owner(ownership.periods, item["time"]) if ownership else None
    return store.live_ids([held])[held] if held else None
