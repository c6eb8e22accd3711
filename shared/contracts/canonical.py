"""Canonical fields of an event as they are shown: those that it doesn't have are left out."""

from decimal import Decimal
from typing import Any

from pydantic import ConfigDict, Field

from shared.contracts.shape import Shape
from shared.domain.channels import ChannelName


def _optional() -> Any:
    return Field(default=None, exclude_if=lambda value: value is None)


class _Fields(Shape):
    model_config = ConfigDict(from_attributes=True)


class Amount(_Fields):
    """`value` has four places and less than 16 digits before them; `currency` is an ISO 4217 code."""

    value: Decimal
    currency: str


class Channel(_Fields):
    """`raw` is what the client said; absent where the channel was told from the event's SDK or type."""

    name: ChannelName
    raw: str | None = _optional()


class Location(_Fields):
    """Where it happened, as the client says; `store` is its own id of one."""

    country: str | None = _optional()
    region: str | None = _optional()
    city: str | None = _optional()
    latitude: float | None = _optional()
    longitude: float | None = _optional()
    store: str | None = _optional()


class Canonical(_Fields):
    """What an event says, in one shape for all clients; what it doesn't say isn't there."""

    session_id: str | None = _optional()
    campaign: dict[str, str] | None = _optional()
    referrer: str | None = _optional()
    channel: Channel | None = _optional()
    touchpoint: str | None = _optional()
    location: Location | None = _optional()
    amount: Amount | None = _optional()
    free_text: dict[str, str] | None = _optional()
