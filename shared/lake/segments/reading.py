"""Where the lake has what a condition on events reads: which rows go by a name, and what stands at a path."""

from collections.abc import Iterable, Iterator, Sequence

from shared.domain.segments.definition import Filter, Window
from shared.domain.segments.windows import earliest, milliseconds, moment
from shared.domain.validation import TYPES
from shared.lake.columns import CAMPAIGN
from shared.lake.segments.dialects import Dialect, NotInSqlError, quoted, time
from shared.lake.segments.values import Value, column_value, compared, json_value

_DOCUMENTS = ("properties", "traits", "context")
_COLUMNS = {
    "session_id": "session_id",
    "referrer": "referrer",
    "touchpoint": "touchpoint",
    "channel": "channel",
    "channel.name": "channel",
    "location.country": "country",
    "location.region": "region",
    "location.city": "city",
    "event": "name",
    "type": "type",
    "messageId": "message_id",
    "userId": "user_id",
    "anonymousId": "anonymous_id",
    **{f"campaign.{name}": f"campaign_{name}" for name in CAMPAIGN},
}
_ELSEWHERE = ("channel", "campaign", "location", "free_text")
"""Canonical fields; of those that have no column only a client's own event knows."""


def named(name: str) -> Iterator[str]:
    """The conditions for events that count under a name: `shared.domain.event_names` turned round."""
    kind, without = name[1:], name[1:].lstrip("$")
    if name.startswith("$") and kind in TYPES:
        yield f"e.type = {quoted(kind)}"
        if kind == "track":
            yield "coalesce(e.name, '') = ''"
    elif name:
        yield "e.type = 'track'"
        yield f"e.name = {quoted(kind if name.startswith('$') and without in TYPES else name)}"


def at_path(dialect: Dialect, path: str) -> Value:
    """What stands at a dotted path of an event."""
    first, *steps = path.split(".")
    if path == "time":
        return column_value(dialect, "e.time", "time")
    if path == "amount":
        return column_value(dialect, "e.amount", "number")
    if path in _COLUMNS:
        return column_value(dialect, f"e.{_COLUMNS[path]}", "text")
    if first in _ELSEWHERE:
        raise NotInSqlError(f"the lake has no column for {path}")
    if first in _DOCUMENTS and steps:
        return json_value(dialect, dialect.at(f"e.{first}", steps))
    return json_value(dialect, dialect.at("e.other", (first, *steps)))


def filters(dialect: Dialect, where: Iterable[Filter]) -> Iterator[str]:
    for one in where:
        if one.property == "time" and one.type == "text":
            raise NotInSqlError("time compared as text: compare it as time")
        yield compared(dialect, at_path(dialect, one.property), one)


def bounds(window: Window, zone: str, at: int, column: str, day: str = "") -> Iterator[str]:
    """The conditions for a time to lie in a window at an instant. `day`: the column of its day, which saves files."""
    start = start_of(window, zone, at)
    if start is not None:
        yield f"{column} >= {time(start)}"
        if day:
            yield f"{day} >= DATE '{moment(start).date()}'"
    if window.until:
        yield f"{column} < {time(milliseconds(window.until))}"


def start_of(window: Window, zone: str, at: int) -> int | None:
    """The first millisecond that lies in a window at an instant; None for a window that goes back for ever."""
    first = earliest(window, zone, at)
    starts = [*([milliseconds(window.since)] if window.since else []), *([first] if first is not None else [])]
    return max(starts, default=None)


def rows(conditions: Sequence[str], at: int) -> str:
    """From where events come: those that are somebody's and were known at an instant."""
    all_of = " AND ".join([f"e.stored_at <= {time(at)}", "e.profile_id IS NOT NULL", *conditions])
    return f"FROM events AS e WHERE {all_of}"
