"""Computed attributes: what a company declares to be counted of each person, and what ships."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from shared.domain.strict import Whole

Function = Literal[
    "count", "sum", "average", "min", "max", "first", "last", "most_frequent", "unique", "days_since"
]  # fmt: skip

MOST_LIVE = 50
MOST_DAYS = 366
MOST_WHERE = 5
MOST_KEPT = 100
"""Different values that `unique` and `most_frequent` keep; with a window `most_frequent` keeps MOST_KEPT_BY_DAY."""

MOST_KEPT_BY_DAY = 20
LONGEST_VALUE = 256
"""Bytes, as JSON, of a value that is kept."""

MOST_BYTES = 40_000
"""Of one attribute on a profile, at worst."""

NUMERIC = frozenset({"sum", "average", "min", "max"})
OF_VALUES = frozenset({"first", "last", "most_frequent", "unique"})
BY_DAY = frozenset({"count", "first"}) | NUMERIC
"""Functions that keep a part for each day of their window."""

CANONICAL = ("time", "amount", "channel", "session_id", "campaign", "referrer", "touchpoint", "location")
"""Fields of every event that a path may begin with."""

HOLDERS = ("properties", "context", "traits", "integrations")
"""Fields of an event's body that a path may begin with."""

CONTACT_LOGGED = "Contact Logged"
ORDER_COMPLETED = "Order Completed"

_REGISTER = 2 * LONGEST_VALUE
_PART: Mapping[str, int] = {"count": 20, "sum": 45, "average": 55, "min": 45, "max": 45, "first": _REGISTER}


@dataclass(frozen=True, slots=True)
class ComputedAttribute:
    """`event`: a name, `$page` and the like, or empty for any. `property`: a dotted path in the event, or a canonical
    field. `window_days`: the last so many days (UTC), 0 for ever. `where`: what must stand at these paths.
    """

    id: str
    function: Function
    event: str = ""
    property: str = ""
    currency: str = ""
    window_days: Whole = 0
    where: Mapping[str, str | int | float | bool] = field(default_factory=dict)
    state: Literal["live", "disabled"] = "live"
    version: int = 0

    KIND: ClassVar[str] = "computed_attribute"
    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}


def key_of(attribute: ComputedAttribute) -> str:
    """Under which its part of a state lies: the id, and a digest of what is computed."""
    held = [attribute.function, attribute.event, attribute.property, attribute.currency, attribute.window_days]
    text = json.dumps([*held, dict(attribute.where)], sort_keys=True)
    return f"{attribute.id}@{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def most_bytes(attribute: ComputedAttribute) -> int:
    """What it takes on a profile at worst."""
    function, days = attribute.function, attribute.window_days
    if function in BY_DAY:
        return _PART[function] * (days + 2 if days else 1)
    if function == "unique":
        return MOST_KEPT * 30
    if function == "most_frequent":
        return MOST_KEPT_BY_DAY * (LONGEST_VALUE + 30 + days * 12) if days else MOST_KEPT * (LONGEST_VALUE + 40)
    return _REGISTER


def of_orders(attribute_id: str, function: Function, path: str = "", currency: str = "") -> ComputedAttribute:
    return ComputedAttribute(attribute_id, function, ORDER_COMPLETED, path, currency)


SHIPPED = (
    of_orders("recency", "days_since"),
    of_orders("frequency", "count"),
    of_orders("monetary", "sum", "amount", "KRW"),
    of_orders("average_order", "average", "amount", "KRW"),
    of_orders("last_order", "last", "time"),
    ComputedAttribute("preferred_channel", "most_frequent", property="channel"),
    ComputedAttribute("days_since_contact", "days_since", CONTACT_LOGGED),
)
"""They need no item; one of the same id replaces one of these."""


def live(items: Iterable[ComputedAttribute]) -> list[ComputedAttribute]:
    """What ships and what is declared, by id, without what is disabled."""
    known = {one.id: one for one in (*SHIPPED, *items)}
    return [one for _, one in sorted(known.items()) if one.state == "live"]
