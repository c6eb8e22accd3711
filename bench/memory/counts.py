"""What a run asked of AWS: numbers by function and measure, and write units by what was written."""

import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple


class Written(NamedTuple):
    """Which operation of which function wrote what kind of item."""

    function: str
    operation: str
    table: str
    kind: str


@dataclass
class Counts:
    """`function` is the one that is running; `by` has numbers by (function, measure)."""

    function: str = ""
    by: Counter[tuple[str, str]] = field(default_factory=Counter)
    units: dict[Written, float] = field(default_factory=dict)
    items: Counter[Written] = field(default_factory=Counter)
    bytes: Counter[Written] = field(default_factory=Counter)
    waits: Counter[str] = field(default_factory=Counter)
    """Requests of the invocation in hand by thread."""
    seconds: float = 0.0
    """CPU that the invocation in hand spent in here, in all threads."""
    lock: threading.RLock = field(default_factory=threading.RLock)

    def add(self, measure: str, number: float = 1) -> None:
        self.by[self.function, measure] += number  # type: ignore[assignment]

    def asked(self, measure: str) -> None:
        """A request went out; who asked waits for its answer."""
        self.add(measure)
        self.waits[threading.current_thread().name] += 1

    def wrote(self, operation: str, table: str, kind: str, units: float, size: int) -> None:
        written = Written(self.function, operation, table, kind)
        self.units[written] = self.units.get(written, 0) + units
        self.items[written] += 1
        self.bytes[written] += size

    def total(self, measure: str) -> float:
        return sum(number for (_, name), number in self.by.items() if name == measure)

    def in_a_row(self) -> int:
        """Requests of the invocation that waited for one another: of a pool of threads those of its busiest."""
        pools: dict[str, int] = {}
        for thread, number in self.waits.items():
            pool = thread.rpartition("_")[0] or thread
            pools[pool] = max(pools.get(pool, 0), number)
        return sum(pools.values())

    def per_event(self, function: str, collected: int) -> float:
        """One by the number of events that a function had: what a window holds back at the beginning of a run, it
        brings later. ValueError where it had none: too few were sent.
        """
        stitched = self.by["stitch_identities", "records read"]
        changed = self.by["stitch_identities", "changes"] or 1
        published = stitched * self.by["publish_changes", "records read"] / changed
        told = self.by["publish_changes", "eventbridge entries"] or 1
        had = {
            "collect_events": collected,
            "store_events": self.by["store_events", "inserts"],
            "stitch_identities": stitched,
            "publish_changes": published,
            "deliver": published * self.by["deliver", "records read"] / told,
        }
        if not had[function]:
            raise ValueError(f"{function} had no event: more have to be counted")
        return 1 / had[function]

    def forget(self) -> None:
        """What was counted so far was only to warm up."""
        for one in (self.by, self.units, self.items, self.bytes):
            one.clear()
