"""What reads a dotted path in an event: of its canonical fields, else of its body."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from typing import Any

from shared.domain.amounts import amount_of
from shared.domain.canonical import Canonical, canonical_of
from shared.domain.channels import channel_of
from shared.domain.computed_attributes import CANONICAL
from shared.domain.events import Event

Read = Callable[[Event], Any]


def at(path: str) -> Read:
    """Reads None where nothing stands there."""
    first, *rest = path.split(".")
    if path == "time":
        return lambda event: event.time
    if path == "amount":
        return amount("")
    if path == "channel":
        return lambda event: (channel := channel_of(event)) and channel.name
    if first in CANONICAL:
        return lambda event: down(_said(canonical_of(event)), (first, *rest))
    return lambda event: down(event.body, (first, *rest))


def amount(currency: str) -> Read:
    """The value of an event's amount, in this currency or in any."""

    def read(event: Event) -> Any:
        found = amount_of(event)
        return found.value if found and currency in ("", found.currency) else None

    return read


def down(value: Any, steps: Iterable[str]) -> Any:
    """What stands at the end of these steps."""
    for step in steps:
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def _said(fields: Canonical) -> dict[str, Any]:
    """The fields that are there, as plain data."""
    return asdict(fields, dict_factory=lambda pairs: {name: value for name, value in pairs if value is not None})
