"""The money on an event, exact: decimals of four places, so that sums are the same in any order."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any

from shared.domain.events import Event

NO_CURRENCY = "XXX"
"""ISO 4217's own code for an amount without a currency."""

SCALE = Decimal("0.0001")
TOTALS = ("revenue", "total", "value")
"""Properties that say an event's whole amount; the first that is a number counts."""

_BOUND = 10**15
_NUMBER = re.compile(r"[+-]?[0-9]{1,20}(\.[0-9]{1,20})?")
_CURRENCY = re.compile(r"[A-Z]{3}")
_EXACT = Context(prec=100, rounding=ROUND_HALF_EVEN)


@dataclass(frozen=True, slots=True)
class Amount:
    """`value` has four places and less than 16 digits before them; `currency` is an ISO 4217 code."""

    value: Decimal
    currency: str


def amount_of(event: Event) -> Amount | None:
    """What a track event is worth: the first of TOTALS, else `price` times `quantity` (1 where it isn't said)."""
    properties = event.body.get("properties")
    if event.type != "track" or not isinstance(properties, Mapping):
        return None
    totals = (decimal_of(properties.get(name)) for name in TOTALS)
    found = next((total for total in totals if total is not None), None)
    value = fixed(_priced(properties) if found is None else found)
    return None if value is None else Amount(value=value, currency=_currency(properties.get("currency")))


def currency_of(event: Event) -> str:
    """The currency that an event names."""
    properties = event.body.get("properties")
    return _currency(properties.get("currency")) if isinstance(properties, Mapping) else NO_CURRENCY


def decimal_of(value: object) -> Decimal | None:
    """A number, or text that is a plain one (`-12.50`); None for anything else and from a quadrillion on."""
    if isinstance(value, str):
        text = value.strip()
        number = Decimal(text) if _NUMBER.fullmatch(text) else None
    elif isinstance(value, int | float) and not isinstance(value, bool):
        number = Decimal(str(value)) if abs(value) < _BOUND else None  # thousands of digits can't become text
    else:
        return None
    return number if number is not None and abs(number) < _BOUND else None


def _priced(properties: Mapping[str, Any]) -> Decimal | None:
    price, quantity = decimal_of(properties.get("price")), decimal_of(properties.get("quantity", 1))
    return None if price is None or quantity is None else _EXACT.multiply(price, quantity)


def fixed(value: Decimal | None) -> Decimal | None:
    """With four places, the fifth rounded half to even; adding zero makes -0 a 0."""
    if value is None or abs(value) >= _BOUND:
        return None
    return _EXACT.add(_EXACT.quantize(value, SCALE), Decimal(0))


def _currency(value: object) -> str:
    code = value.strip().upper() if isinstance(value, str) else ""
    return code if _CURRENCY.fullmatch(code) else NO_CURRENCY
