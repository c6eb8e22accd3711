"""When an event leaves a window: the one question by which all that depends on time is answered."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from shared.domain.segments.definition import Window
from shared.domain.times import from_text, months_later

NEVER = 2**62
"""Milliseconds since 1970 of what doesn't happen by time alone."""

MOST_DAYS = 3650

_DURATION = re.compile(
    r"P(?:(?P<Y>\d{1,4})Y)?(?:(?P<M>\d{1,4})M)?(?:(?P<W>\d{1,4})W)?(?:(?P<D>\d{1,4})D)?"
    r"(?:T(?=\d)(?:(?P<h>\d{1,5})H)?(?:(?P<m>\d{1,6})M)?(?:(?P<s>\d{1,7})S)?)?",
    re.ASCII,
)

Unit = Literal["D", "W", "M", "Y"]


@dataclass(frozen=True, slots=True)
class Duration:
    """Months and years have no length: only calendars know them."""

    months: int
    days: int
    seconds: int
    unit: Unit | None
    number: int

    @property
    def milliseconds(self) -> int:
        return (self.days * 86_400 + self.seconds) * 1000


def duration_of(text: str) -> Duration | None:
    """An ISO 8601 duration of whole numbers, such as `P30D`, `PT30M` or `P1M`; None for anything else, and for none.
    `unit` is that of one that names a single unit of a calendar, `number` how many.
    """
    match = _DURATION.fullmatch(text)
    found = {name: int(value) for name, value in match.groupdict().items() if value} if match else {}
    if not any(found.values()):
        return None
    of = found.get
    seconds = of("h", 0) * 3600 + of("m", 0) * 60 + of("s", 0)
    months, days = of("Y", 0) * 12 + of("M", 0), of("W", 0) * 7 + of("D", 0)
    single = next(iter(found)) if len(found) == 1 else ""
    unit: Unit | None = single if single in ("D", "W", "M", "Y") else None  # type: ignore[assignment]
    return Duration(months, days, seconds, unit, of(single, 0))


def milliseconds(moment: datetime | str) -> int:
    """Since 1970."""
    at = from_text(moment) if isinstance(moment, str) else moment
    return round((at - _EPOCH) / _MILLISECOND)


def moment(ms: int) -> datetime:
    return _EPOCH + ms * _MILLISECOND


def local(ms: int, zone: ZoneInfo) -> datetime:
    """By the clocks of a zone. What lies near an end of the calendar is taken for further from it: a window reaches
    beyond it, and clients' clocks say anything.
    """
    return moment(min(max(ms, _FIRST), _LAST)).astimezone(zone)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_FIRST, _LAST = (round((datetime(year, 1, 1, tzinfo=UTC) - _EPOCH) / _MILLISECOND) for year in (2, 9900))

Leaves = Callable[[int], int]
"""Milliseconds of an event -> those from which on it isn't in the window; NEVER for an event that stays."""


@lru_cache(maxsize=256)
def leaving(window: Window, zone: str) -> Leaves:
    """Never falls while its argument grows."""
    if not window.last:
        return lambda ms: NEVER
    duration = duration_of(window.last)
    if duration is None:
        raise ValueError(window.last)
    if window.align == "rolling":
        length = duration.milliseconds
        return lambda ms: ms + length
    return _calendar(duration, ZoneInfo(zone))


def earliest(window: Window, zone: str, now: int) -> int | None:
    """Milliseconds of the first moment whose events lie in a window by now; None for a window without an end."""
    duration = duration_of(window.last)
    if duration is None:
        return None
    if window.align == "rolling":
        return now - duration.milliseconds + 1
    first = _period_after(local(now, ZoneInfo(zone)), replace(duration, number=1 - duration.number))
    return milliseconds(first.astimezone(UTC))


def _calendar(duration: Duration, zone: ZoneInfo) -> Leaves:
    @lru_cache(maxsize=1024)  # what one of many segments asks of a person, the next one does
    def leaves(ms: int) -> int:
        return milliseconds(_period_after(local(ms, zone), duration).astimezone(UTC))

    return leaves


def _period_after(local: datetime, duration: Duration) -> datetime:
    """The first midnight of a period by which an event of `local` lies outside the last `duration`."""
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    number = duration.number
    match duration.unit:
        case "D":
            return midnight + timedelta(days=number)
        case "W":
            return midnight - timedelta(days=midnight.weekday()) + timedelta(weeks=number)
        case "M":
            return months_later(midnight.replace(day=1), number)
        case "Y":
            return midnight.replace(year=midnight.year + number, month=1, day=1)
    raise ValueError("a calendar counts one unit")


def counts_in(window: Window) -> Callable[[int], bool]:
    """Whether an event's time lies between the fixed ends of a window, where it has any."""
    since = milliseconds(window.since) if window.since else -NEVER
    until = milliseconds(window.until) if window.until else NEVER
    return lambda ms: since <= ms < until


def days_kept(window: Window) -> int:
    """How many days back the days lie that a calendar window can reach; 0 for a window without an end."""
    duration = duration_of(window.last)
    return 0 if duration is None else duration.days + duration.months * 31
