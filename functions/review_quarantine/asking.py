"""What is asked for: a source, a time of receipt, and where the page before ended."""

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from shared.api.problems import ProblemError
from shared.contracts.problems import Problem
from shared.domain.quarantine import Quarantined
from shared.domain.times import from_text, to_text
from shared.stores.tables import QUARANTINE_DAYS

MOST_DAYS = 60
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_ONE_DAY = timedelta(days=1)
_MILLISECOND = timedelta(milliseconds=1)
_LONGEST_POSITION = 400


class Cursor(NamedTuple):
    """The page goes on `after` a position, with what was quarantined until `before`: what a replay adds to quarantine
    while somebody pages through it would come round for ever.
    """

    after: str
    before: str

    def __str__(self) -> str:
        return urlsafe_b64encode(json.dumps(self).encode()).decode()


@dataclass(frozen=True, slots=True)
class Asked:
    """Entries of a source that were received from `first` to `last` (UTC text) and are `wanted`."""

    source_id: str
    first: str
    last: str
    cursor: Cursor
    wanted: Callable[[Quarantined], bool]


def asked(
    source_id: str,
    first: str | None,
    last: str | None,
    cursor: str | None,
    now: datetime,
    wanted: Callable[[Quarantined], bool],
) -> Asked:
    """Raises ProblemError (400). Without `first` and `last`: everything that may still be there."""
    start = _moment("from", first) if first else now - (QUARANTINE_DAYS + 1) * _ONE_DAY
    end = _moment("to", last) if last else now + _ONE_DAY
    if last and _DATE.fullmatch(last.strip()):
        end += _ONE_DAY - _MILLISECOND
    if end < start or end - start > MOST_DAYS * _ONE_DAY:
        message = f"The time from `from` to `to` is 0 to {MOST_DAYS} days."
        raise ProblemError(Problem.of(400, "range_invalid", message, field="from"))
    return Asked(source_id, to_text(start), to_text(end), _cursor(cursor, now), wanted)


def _moment(name: str, text: str) -> datetime:
    try:
        moment = from_text(text)
        # Where a day more or less leaves the calendar, nothing was ever received.
        return min(max(moment, _EARLIEST), _LATEST)
    except ValueError as error:
        message = f"`{name}` is no ISO-8601 date or date-time."
        raise ProblemError(Problem.of(400, "time_invalid", message, field=name)) from error


_EARLIEST = from_text("1970-01-01")
_LATEST = from_text("9999-12-30")


def _cursor(text: str | None, now: datetime) -> Cursor:
    if not text:
        return Cursor("", to_text(now))
    try:
        after, before = json.loads(urlsafe_b64decode(text.encode()))
        from_text(after.partition("#")[0])
        from_text(before)
        is_ours = len(after.encode()) <= _LONGEST_POSITION
    except (ValueError, TypeError, AttributeError, RecursionError):
        is_ours = False
    if not is_ours:
        raise ProblemError(
            Problem.of(400, "cursor_invalid", "This cursor isn't one of ours.", field="cursor", fix="Leave it out.")
        )
    return Cursor(after, before)
