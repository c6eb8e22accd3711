"""Events that routes make: they go the way of all events."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from functions.manage_people.routing import app
from functions.manage_people.settings import doors
from shared.api.problems import ProblemError
from shared.aws.streams import StreamRecord, put_records
from shared.contracts.problems import Problem
from shared.contracts.records import Record, element, encode
from shared.domain.sources import Source
from shared.domain.times import from_text, to_text


def live_source(source_id: str) -> Source:
    """Raises ProblemError (409) where there is none."""
    source = doors().catalogue.find(Source, source_id)
    if source is None or source.state != "live":
        fix = f"Add it: `jogakbo source add {source_id}`, or name another as `source`."
        raise ProblemError(Problem.of(409, "source_unknown", "No live source has this id.", field="source", fix=fix))
    return source


def send(source: Source, anchor: str, event: Mapping[str, Any], now: datetime) -> None:
    """Put an event on the stream; `anchor` is the hash of its highest identifier."""
    record = Record(
        source_id=source.id,
        received_at=to_text(now),
        correlation_id=app.current_event.request_context.request_id,
        elements=(element(event),),
    )
    put_records(doors().stream, [StreamRecord(anchor, encode(record))])


def when(at: str | None, now: datetime) -> str:
    """Raises ProblemError (400)."""
    try:
        return to_text(from_text(at) if at else now)
    except ValueError as error:
        message = "`at` is no ISO-8601 date or date-time."
        raise ProblemError(Problem.of(400, "time_invalid", message, field="at")) from error
