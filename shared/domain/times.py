"""Times on the wire and in items: any ISO-8601 in, UTC with milliseconds out, so that text sorts as time."""

from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache

MAX_AHEAD = timedelta(minutes=5)
"""How far after its receipt an event may claim to have happened."""

LARGE_SKEW = timedelta(days=1)
_LONGEST_KEPT = 40


def to_text(moment: datetime) -> str:
    """`2026-11-21T09:30:00.000Z`; a naive datetime is refused."""
    if moment.tzinfo is None:
        raise ValueError("a time needs a zone")
    utc = moment.astimezone(UTC)
    return utc.strftime(f"{utc.year:04d}-%m-%dT%H:%M:%S.{utc.microsecond // 1000:03d}Z")  # %Y doesn't pad on Linux


def from_text(text: str) -> datetime:
    """Any ISO-8601 date-time in UTC, to the millisecond; without an offset it is UTC. ValueError where it isn't one."""
    # A client may write a time in megabytes of blanks or of zeros: none of those may stay in memory.
    return _kept(text) if len(text) <= _LONGEST_KEPT else _read(text)


def _read(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text.strip())
        utc = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError as error:
        raise ValueError("out of range") from error
    return utc.replace(microsecond=utc.microsecond // 1000 * 1000)


_kept = lru_cache(maxsize=1_000)(_read)  # of one event several checks ask, and of one request every event


def not_ahead(received: str, arrived: str) -> str:
    """A producer's clock of receipt, or where it is later than MAX_AHEAD after the stream had it, the stream's."""
    return received if from_text(received) <= from_text(arrived) + MAX_AHEAD else arrived


def months_later(moment: datetime, months: int) -> datetime:
    """The same day so many months on, or the last of a shorter month."""
    year, month = divmod(moment.month - 1 + months, 12)
    last = monthrange(moment.year + year, month + 1)[1]
    return moment.replace(year=moment.year + year, month=month + 1, day=min(moment.day, last))


def hours(first: datetime, last: datetime) -> Iterator[str]:
    """`2026-11-21T09` …: every UTC hour from that of `first` to that of `last`, both included."""
    for number in range(int(first.timestamp() // 3600), int(last.timestamp() // 3600) + 1):
        yield to_text(datetime.fromtimestamp(number * 3600, UTC))[:13]


def corrected(original: datetime | None, sent: datetime | None, received: datetime) -> tuple[datetime, bool]:
    """When an event happened by our clock, and whether its client's clock was more than a day off.

    The client's skew is what lies between its `sent` and our `received`; where it sent no `sent`, its clock is
    believed. The result is never later than MAX_AHEAD after `received`.
    """
    if original is None:
        return received, False
    skew = received - sent if sent else timedelta()
    latest = received + MAX_AHEAD
    try:
        happened = original + skew
    except OverflowError:
        happened = latest if original > received else original
    return min(happened, latest), abs(skew) > LARGE_SKEW
