"""Values turned into what a mapping says they are: text, whole and decimal numbers, yes or no, times."""

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any

from shared.domain.times import to_text

ISO, EPOCH_SECONDS, EPOCH_MILLISECONDS = "iso", "epoch_seconds", "epoch_milliseconds"
UTC_ZONE = "UTC"
GROUPED = {"1,234.5": ("[0-9]{1,3}(?:,[0-9]{3})+", ",", "."), "1.234,5": (r"[0-9]{1,3}(?:\.[0-9]{3})+", ".", ",")}
"""How a number with separators is written -> its grouped digits, what is between them, and its decimal mark."""

_NUMBER = re.compile(r"[+-]?[0-9]{1,40}(?:\.[0-9]{0,40})?(?:[eE][+-]?[0-9]{1,3})?")
_BOOLEANS = dict.fromkeys(("true", "yes", "y", "t", "1"), True) | dict.fromkeys(("false", "no", "n", "f", "0"), False)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SAMPLE = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


class CastError(ValueError):
    """A value isn't what it should be; the text says what to send and holds nothing of the value."""


def as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    raise CastError("send text, a number or a boolean")


def as_number(value: Any) -> int | float:
    """Whole numbers stay whole, whatever their size."""
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        text = value.strip()
        value = int(text) if text.lstrip("+-").isdigit() else float(text)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise CastError("send a number such as 12.50, without separators or a unit")
    return value


def as_integer(value: Any) -> int:
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        exact = Decimal(value.strip())
        if exact == exact.to_integral_value() and exact.adjusted() < 40:
            return int(exact)
    elif (
        isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value == int(value)
    ):
        return int(value)
    raise CastError("send a whole number, without separators or a unit")


def as_boolean(value: Any) -> bool:
    """`true`, `yes`, `y`, `t`, `1` and their opposites, in any case."""
    known = _BOOLEANS.get(as_text(value).strip().lower())
    if known is None:
        raise CastError("send true or false")
    return known


def as_time(value: Any, form: str = ISO, zone: str = UTC_ZONE) -> str:
    """UTC text with milliseconds. `form` is `iso`, `epoch_seconds`, `epoch_milliseconds` or a pattern of strptime.

    A time without an offset is one of `zone`.
    """
    try:
        if form in (EPOCH_SECONDS, EPOCH_MILLISECONDS):
            number = as_number(value)
            moment = _EPOCH + (timedelta(seconds=number) if form == EPOCH_SECONDS else timedelta(milliseconds=number))
        else:
            text = as_text(value).strip()
            moment = datetime.fromisoformat(text) if form == ISO else datetime.strptime(text, form)  # noqa: DTZ007
        return to_text(moment if moment.tzinfo else moment.replace(tzinfo=_zone(zone)))
    except (ValueError, OverflowError) as error:
        raise CastError(f"send a time as {form}") from error


def ungrouped(value: Any, form: str) -> Any:
    """A number whose text has separators as `form` of GROUPED shows, without them. What is no text stays as it is."""
    if not isinstance(value, str):
        return value
    groups, between, mark = GROUPED[form]
    text = value.strip()
    if not re.fullmatch(rf"[+-]?(?:{groups}|[0-9]{{1,40}})(?:{re.escape(mark)}[0-9]{{1,40}})?", text):
        raise CastError(f"send a number written as {form}")
    return text.replace(between, "").replace(mark, ".")


def is_zone(zone: str) -> bool:
    """Whether a time zone of that IANA name is known."""
    try:
        _zone(zone)
    except (LookupError, ValueError, OSError):
        return False
    return True


def _zone(name: str) -> tzinfo:
    if name == UTC_ZONE:
        return UTC
    from zoneinfo import ZoneInfo  # costs 25 ms: only those who meet a zone pay

    return ZoneInfo(name)


def is_time_format(form: str) -> bool:
    """Whether a day, at least, can be written and read again by it."""
    if form in (ISO, EPOCH_SECONDS, EPOCH_MILLISECONDS):
        return True
    try:
        read = datetime.strptime(_SAMPLE.strftime(form), form)  # noqa: DTZ007
    except (ValueError, re.error):
        return False
    return read.date() == _SAMPLE.date()


CASTS: dict[str, Callable[[Any], Any]] = {
    "text": as_text,
    "integer": as_integer,
    "number": as_number,
    "boolean": as_boolean,
}
"""Those that need no more than the value; a time also needs its form and zone."""
