"""An event in an item of its own beside an event in a page: bytes, units of reads and writes, and CPU of both."""

import time
from collections.abc import Callable, Mapping

from bench.pages import Pages, event_of, events_of, item_of, page_of
from bench.results import Cell, Table

ROUNDS = 5
_COLUMNS = (
    *("a request", "layout", "write units", "bytes"),
    *("read units to look before", "read units of a history", "µs to write", "µs to read"),
)
_NOTE = (
    "By event, 1,000/s. To look before: whether an event came already in another request; an item is inserted on"
    " condition, a page needs its hour read, or that is looked up by the fold. Of a history: all events of an anchor in"
    " one query, eventually consistent. CPU: JSON, zstd and DynamoDB's types, without the client."
)
_READ_UNIT = 4096


def layouts(found: Mapping[float, Pages]) -> Table:
    """By events a request."""
    rows = tuple(row for a_request, paged in found.items() for row in _rows(a_request, paged))
    return Table("layouts", "An event in an item, and in a page", _COLUMNS, rows, _NOTE)


def _rows(a_request: float, paged: Pages) -> tuple[tuple[Cell, ...], ...]:
    events = [event for _, of_page in paged.sample for event in of_page]
    items, whole = [*map(item_of, events)], [page_of(*one) for one in paged.sample]
    number = len(events)
    cpu_items = _spent(lambda: [*map(item_of, events)], number), _spent(lambda: [*map(event_of, items)], number)
    cpu_pages = (
        _spent(lambda: [page_of(*one) for one in paged.sample], number),
        _spent(lambda: [*map(events_of, whole)], number),
    )
    units = paged.units_of_items, paged.units
    return (
        (a_request, "items", units[0], paged.size_of_items, 0.0, paged.size_of_items / _READ_UNIT / 2, *cpu_items),
        (a_request, "pages", units[1], paged.size, paged.looks, paged.size / _READ_UNIT / 2, *cpu_pages),
    )


def _spent(work: Callable[[], object], events: int) -> float:
    """Microseconds an event, the least of some rounds."""

    def once() -> float:
        started = time.process_time()
        work()
        return time.process_time() - started

    return min(once() for _ in range(ROUNDS)) * 1e6 / events
