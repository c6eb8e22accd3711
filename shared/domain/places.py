"""Where a person is and how old: country, time zone and age, as their traits and the clients of their events say.

Countries are codes (ISO 3166-1 alpha-2) in either case; what says anything else is passed over, and noted.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, tzinfo
from math import isfinite
from typing import TYPE_CHECKING, Any, NamedTuple

from shared.domain.countries import CODES
from shared.domain.events import Event
from shared.domain.traits import traits_of

if TYPE_CHECKING:
    from shared.domain.state import ProfileState

_LOCALE = re.compile("[A-Za-z]{2,3}(?:[-_][A-Za-z]{4})?[-_]([A-Za-z]{2})(?:[-_.@].*)?")
_LONGEST_ZONE = 64
_WRITTEN = re.compile(r"(\d{4})\s*[./년]\s*(\d{1,2})\s*[./월]\s*(\d{1,2})\s*[.일]?")


class Said(NamedTuple):
    """A last-writer-wins register: of two of one time, the greater value."""

    time: str
    value: str


def said_of(event: Event) -> dict[str, Said]:
    """`country`, `locale` (the country of it) and `timezone` of an event's context, where they can be used."""
    context = event.body.get("context")
    if not isinstance(context, Mapping) or context.keys().isdisjoint(("location", "locale", "timezone")):
        return {}
    found = {
        "country": _country(_country_in(context.get("location"))),
        "locale": _country(_said_region(context.get("locale"))),
        "timezone": _zone_name(context.get("timezone")),
    }
    return {name: Said(event.time, value) for name, value in found.items() if value}


def unknown_countries(event: Event) -> Iterator[str]:
    """Where it says a country that is none, as `unknown_country:traits.country`; never what it says."""
    for place, value in _said_countries(event):
        if value not in (None, "") and _country(value) is None:
            yield f"unknown_country:{place}"


def unknown_ages(event: Event) -> Iterator[str]:
    """Where it says how old somebody is and nobody can tell, as `unknown_age:traits.birthday`."""
    said = traits_of(event)
    for name, read in (("birthday", _date), ("age", _years)):
        value = said[name].value if name in said else None
        if value not in (None, "") and read(value) is None:
            yield f"unknown_age:traits.{name}"


def _said_countries(event: Event) -> Iterator[tuple[str, Any]]:
    traits = {name: trait.value for name, trait in traits_of(event).items()}
    yield "traits.country", traits.get("country")
    yield "traits.address.country", _country_in(traits.get("address"))
    context = event.body.get("context")
    if isinstance(context, Mapping):
        yield "context.location.country", _country_in(context.get("location"))
        yield "context.locale", _said_region(context.get("locale"))


def country_of(state: "ProfileState") -> str:
    """Two capital letters, empty where nothing says: the trait `country`, that of `address`, the last event's
    `context.location.country`, the last `context.locale`.
    """
    return next(filter(None, _countries(state)), "")


def is_guessed(state: "ProfileState") -> bool:
    """Whether nothing but a locale says the country: browsers in English say `en-US` everywhere."""
    *said, locale = _countries(state)
    return bool(locale) and not any(said)


def _countries(state: "ProfileState") -> Iterator[str | None]:
    """Those that are said, and last the locale's."""
    yield _country(_trait(state, "country"))
    yield _country(_country_in(_trait(state, "address")))
    for name in ("country", "locale"):
        yield _country(state.place[name].value) if name in state.place else None


def zone_of(state: "ProfileState", fallback: str) -> tzinfo:
    """The trait `timezone`, the last `context.timezone`, else `fallback`."""
    last = state.place["timezone"].value if "timezone" in state.place else ""
    names = (_zone_name(_trait(state, "timezone")), last)
    return next(filter(None, (_zone(name) for name in names if name)), None) or _known_zone(fallback)


def is_below(state: "ProfileState", years: int, today: date) -> bool:
    """Whether the trait `birthday`, or where it can't be read `age`, says that a person is younger than that. Where
    neither does, nobody is.
    """
    born = _date(_trait(state, "birthday"))
    if born:
        return today.year - born.year - ((today.month, today.day) < (born.month, born.day)) < years
    age = _years(_trait(state, "age"))
    return age is not None and age < years


def _trait(state: "ProfileState", name: str) -> Any:
    return state.traits[name].value if name in state.traits else None


def _country_in(holder: Any) -> Any:
    return holder.get("country") if isinstance(holder, Mapping) else None


def _country(value: Any) -> str | None:
    code = value.strip().upper() if isinstance(value, str) and value.isascii() else None  # ß would be South Sudan
    return code if code in CODES else None


def _said_region(locale: Any) -> str | None:
    found = _LOCALE.fullmatch(locale.strip()) if isinstance(locale, str) else None
    return found[1] if found else None


def _zone_name(value: Any) -> str | None:
    return value.strip() if isinstance(value, str) and 0 < len(value.strip()) <= _LONGEST_ZONE else None


def _zone(name: str) -> tzinfo | None:
    from zoneinfo import ZoneInfoNotFoundError  # costs 25 ms: only those who meet a zone pay

    try:
        return _known_zone(name)
    except (ValueError, ZoneInfoNotFoundError, OSError):
        return None


def _known_zone(name: str) -> tzinfo:
    from zoneinfo import ZoneInfo

    return ZoneInfo(name)


def _years(value: Any) -> float | None:
    try:
        age = float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else None
    except (ValueError, OverflowError):
        return None
    return age if age is not None and isfinite(age) else None


def _date(value: Any) -> date | None:
    """ISO 8601, or year, month and day as they are written in Korea."""
    if not isinstance(value, str):
        return None
    written = _WRITTEN.fullmatch(value.strip())
    try:
        return date(*map(int, written.groups())) if written else datetime.fromisoformat(value.strip()).date()
    except ValueError:
        return None
