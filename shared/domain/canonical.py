"""Canonical fields: what every client says in its own way, read from a stored event wherever it is needed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from shared.domain.amounts import Amount, amount_of, decimal_of
from shared.domain.channels import Channel, channel_of
from shared.domain.events import Event

CAMPAIGN = ("name", "source", "medium", "term", "content", "id")
FREE_TEXT = ("comment", "text", "message", "note", "feedback", "answer", "review")
"""Properties in which people write in their own words."""

_LARGEST_ID = 10**18


@dataclass(frozen=True, slots=True)
class Location:
    """Where it happened, as the client says; `store` is its own id of one."""

    country: str | None = None
    region: str | None = None
    city: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    store: str | None = None


@dataclass(frozen=True, slots=True)
class Canonical:
    """What an event says, in one shape for all clients; what it doesn't say is None."""

    session_id: str | None = None
    campaign: dict[str, str] | None = None
    referrer: str | None = None
    channel: Channel | None = None
    touchpoint: str | None = None
    location: Location | None = None
    amount: Amount | None = None
    free_text: dict[str, str] | None = None


def canonical_of(event: Event) -> Canonical:
    """The canonical fields of an event. Never raises: what can't be read isn't there."""
    body = event.body
    context, properties = _map(body, "context"), _map(body, "properties")
    page = _map(context, "page") or (properties if event.type == "page" else {})
    return Canonical(
        session_id=_session_id(body, context, properties),
        campaign=_campaign(context, page) or None,
        referrer=_referrer(context, page),
        channel=channel_of(event),
        touchpoint=_first(properties.get("touchpoint"), context.get("touchpoint")),
        location=_location(context, properties),
        amount=amount_of(event),
        free_text={n: text for n in FREE_TEXT if isinstance(text := properties.get(n), str) and text.strip()} or None,
    )


def _session_id(body: Mapping[str, Any], context: Mapping[str, Any], properties: Mapping[str, Any]) -> str | None:
    """RudderStack's `context.sessionId` first; -1 is how Segment's Amplitude plugins say that there is none."""
    found = _first(
        context.get("sessionId"),
        context.get("session_id"),
        _map(context, "session").get("id"),
        properties.get("session_id"),
        properties.get("sessionId"),
        _map(_map(body, "integrations"), "Actions Amplitude").get("session_id"),
    )
    return None if found == "-1" else found


def _campaign(context: Mapping[str, Any], page: Mapping[str, Any]) -> dict[str, str]:
    """`context.campaign`; where it says nothing, the `utm_` parameters of the page."""
    said = _map(context, "campaign")
    if found := {name: text for name in CAMPAIGN if (text := _text(said.get(name)))}:
        return found
    search, url = page.get("search"), page.get("url")
    query = search if isinstance(search, str) and search else url if isinstance(url, str) else ""
    query = query.partition("?")[2].partition("#")[0]
    utm = {name.lower(): value for name, value in parse_qsl(query)}
    named = {"name": _text(utm.get("utm_campaign")), **{n: _text(utm.get(f"utm_{n}")) for n in CAMPAIGN[1:]}}
    return {name: text for name, text in named.items() if text}


def _referrer(context: Mapping[str, Any], page: Mapping[str, Any]) -> str | None:
    """The page one came from; RudderStack writes `$direct` where there is none."""
    referrer = context.get("referrer")
    named = referrer.get("url") if isinstance(referrer, Mapping) else referrer
    found = _first(page.get("referrer"), named)
    return None if found == "$direct" else found


def _location(context: Mapping[str, Any], properties: Mapping[str, Any]) -> Location | None:
    """`context.location`, or `context.geo` as RudderStack enriches; the store as properties name it."""
    said = _map(context, "location") or _map(context, "geo")
    found = Location(
        country=_text(said.get("country")),
        region=_text(said.get("region")),
        city=_text(said.get("city")),
        latitude=_degrees(said.get("latitude"), 90),
        longitude=_degrees(said.get("longitude"), 180),
        store=_first(properties.get("store_id"), properties.get("store")),
    )
    return None if found == Location() else found


def _degrees(value: object, most: int) -> float | None:
    number = decimal_of(value)
    return float(number) if number is not None and abs(number) <= most else None


def _map(holder: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = holder.get(name)
    return value if isinstance(value, Mapping) else {}


def _first(*values: object) -> str | None:
    return next((text for value in values if (text := _text(value))), None)


def _text(value: object) -> str | None:
    """Text that isn't blank; whole numbers are ids too."""
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    is_id = isinstance(value, int) and not isinstance(value, bool) and abs(value) < _LARGEST_ID
    return str(value) if is_id else None
