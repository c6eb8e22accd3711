"""What a window may not say: no duration, months that roll, ends that are none."""

import re
from collections.abc import Iterator

from shared.domain.flaws import Flaw
from shared.domain.segments.definition import Window
from shared.domain.segments.windows import MOST_DAYS, Duration, days_kept, duration_of
from shared.domain.times import from_text

_OFFSET = re.compile(r".*T.*([Zz]|[+-]\d\d:?\d\d)")
_DURATION_FIX = "An ISO 8601 duration of whole numbers, more than nothing: P30D, PT30M, P1M."
_CALENDAR_FIX = "One number of days, weeks, months or years: P1D, P2W, P1M, P1Y."


def window_flaws(window: Window) -> Iterator[Flaw]:
    """Fields are below the window."""
    if window.last:
        yield from _last(window)
        for field in ("since", "until"):
            if getattr(window, field):
                yield Flaw(field, "A window that moves has no fixed ends.", "Leave it out, or leave out `last`.")
        return
    if window.align == "calendar":
        yield Flaw("align", "Without `last` there is nothing to align.", "Say `last`, or leave it out.")
    wrong = [field for field in ("since", "until") if (said := getattr(window, field)) and not _is_moment(said)]
    for field in wrong:
        fix = "An ISO 8601 time with its offset, such as 2026-11-01T00:00:00+09:00."
        yield Flaw(field, f"“{getattr(window, field)}” is no moment.", fix)
    if window.since and window.until and not wrong and from_text(window.since) >= from_text(window.until):
        yield Flaw("until", "The window ends before it begins.", "A time after `since`.")


def _last(window: Window) -> Iterator[Flaw]:
    duration = duration_of(window.last)
    if duration is None:
        yield Flaw("last", f"“{window.last}” is no duration.", _DURATION_FIX)
    elif window.align == "calendar" and duration.unit is None:
        yield Flaw("last", f"A calendar doesn't count {window.last}.", _CALENDAR_FIX)
    elif window.align == "rolling" and duration.months:
        fix = "Say days, such as P30D, or `align: calendar`."
        yield Flaw("last", "Months and years have no length that could roll.", fix)
    elif days_kept(window) > MOST_DAYS or duration.seconds > MOST_DAYS * 86_400:
        yield Flaw("last", "Events are kept for ten years at most.", f"{MOST_DAYS} days at most; a month counts 31.")


def length_flaws(within: str) -> Iterator[Flaw]:
    """Of what has a length: a step's or a wait's `within`."""
    duration = duration_of(within)
    if duration is None:
        yield Flaw("", f"“{within}” is no duration.", _DURATION_FIX)
    elif duration.months:
        yield Flaw("", "Months and years have no length.", "Say days, hours, minutes or seconds: P30D, PT30M.")
    elif duration.milliseconds > MOST_DAYS * 86_400_000:
        yield Flaw("", "Events are kept for ten years at most.", f"{MOST_DAYS} days at most.")


def longest(window: Window) -> int:
    """Milliseconds that something in it can lie back at most; 0 for a window that doesn't move."""
    duration = duration_of(window.last)
    if duration is None:
        return 0
    return duration.milliseconds if window.align == "rolling" else _calendar(duration)


def _calendar(duration: Duration) -> int:
    """Of years the longest are leap years."""
    days = duration.number * {"D": 1, "W": 7, "M": 31, "Y": 366}[duration.unit] if duration.unit else 0
    return days * 86_400_000


def _is_moment(text: str) -> bool:
    try:
        from_text(text)
    except ValueError:
        return False
    return bool(_OFFSET.fullmatch(text.strip()))
