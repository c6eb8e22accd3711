"""Declarations of every function, with and without a window, and what they come to by looking at all events at once."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, get_args

from shared.domain.aggregates import day_of
from shared.domain.computed_attributes import NUMERIC, OF_VALUES, SHIPPED, ComputedAttribute, Function
from shared.domain.computing import Declarations, declarations
from shared.domain.events import Event

NONE_SHIPPED = tuple(ComputedAttribute(one.id, one.function, state="disabled") for one in SHIPPED)


def _one(function: Function, window: int) -> ComputedAttribute:
    path = "properties.n" if function in NUMERIC else "properties.word" if function in OF_VALUES else ""
    return ComputedAttribute(f"{function}_{window}", function, "Product Viewed", path, window_days=window)


EVERY_ITEM = tuple(_one(function, window) for function in get_args(Function) for window in (0, 3))
EVERY: Declarations = declarations((*NONE_SHIPPED, *EVERY_ITEM))
"""Of events called `Product Viewed`, with a number `properties.n` and a value `properties.word`."""


def expected(declared: ComputedAttribute, events: Sequence[Event], now: datetime) -> Any:
    """The value by its definition; of `most_frequent` all that came most often."""
    today = day_of(now.astimezone(UTC).isoformat())
    after = today - declared.window_days if declared.window_days else 0
    named = [e for e in events if (e.type, e.name) == ("track", declared.event) and day_of(e.time) > after]
    counted = sorted(named, key=lambda e: e.order)
    at = declared.property.removeprefix("properties.")
    found = [e.body["properties"][at] for e in counted if at in e.body["properties"]] if at else counted
    return _BY_DEFINITION[declared.function](found, today)


def _average(numbers: list[int]) -> Decimal | None:
    return (Decimal(sum(numbers)) / len(numbers)).quantize(Decimal("0.0001")) if numbers else None


def _commonest(found: list[Any]) -> set[Any]:
    times = Counter(found)
    return {word for word, n in times.items() if n == max(times.values())} or {None}


_BY_DEFINITION: dict[str, Callable[[list[Any], int], Any]] = {
    "count": lambda found, today: len(found),
    "sum": lambda found, today: Decimal(sum(found)),
    "average": lambda found, today: _average(found),
    "min": lambda found, today: min(found, default=None),
    "max": lambda found, today: max(found, default=None),
    "first": lambda found, today: found[0] if found else None,
    "last": lambda found, today: found[-1] if found else None,
    "most_frequent": lambda found, today: _commonest(found),
    "unique": lambda found, today: len(set(found)),
    "days_since": lambda found, today: max(0, today - day_of(found[-1].time)) if found else None,
}
