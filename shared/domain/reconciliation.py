"""Reconciliation of a source's hour: what was counted, what was written down of its events, what is folded."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.domain.outcomes import ENDINGS, Tally

MOST_NAMED = 20
"""Message ids that are kept of each thing that is wrong."""


@dataclass(slots=True)
class Found:
    """What the outcomes say of a source's hour, and what became of its stored events. Filled as they are read.

    `named` are message ids by what is wrong with them: `missing`, `unfolded`, `uncounted`.
    """

    endings: dict[str, int] = field(default_factory=dict)
    folded: int = 0
    unfolded: int = 0
    unnamed: int = 0
    unchecked: int = 0
    missing: int = 0
    erased: int = 0
    named: dict[str, list[str]] = field(default_factory=dict)

    def ended(self, ending: str) -> None:
        self.endings[ending] = self.endings.get(ending, 0) + 1

    def name(self, what: str, message_id: str) -> None:
        names = self.named.setdefault(what, [])
        if len(names) < MOST_NAMED and message_id not in names:
            names.append(message_id)


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """`folded` and `unnamed` (they name nobody, so nobody is told) add up to the stored events, but for `unfolded`,
    `missing` (not in the events table), `erased` and `unchecked` ones (stored too long ago for a profile to tell).

    `given_up` are events that Lambda left in the bucket; `uncounted` ended without being counted; `unwritten` are
    counted, and nothing says how they ended.
    """

    totals: Tally
    given_up: int = 0
    folded: int = 0
    unnamed: int = 0
    unfolded: int = 0
    unchecked: int = 0
    missing: int = 0
    erased: int = 0
    uncounted: int = 0
    unwritten: int = 0
    named: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def open(self) -> int:
        """Events that still have to end, or to be folded."""
        return self.totals.waiting + self.given_up + self.unfolded

    @property
    def gap(self) -> int:
        """Events that are lost, or counted wrong. 0 where everything agrees."""
        return abs(self.totals.gap) + self.missing + self.uncounted + self.unwritten


def reconciled(before: Tally, after: Tally, found: Found, given_up: int) -> Reconciliation:
    """`before` and `after` are the counts as they were before and after the outcomes were read: an outcome is written
    before it is counted, so a batch that came in between is no gap.
    """
    return Reconciliation(
        totals=after,
        given_up=given_up,
        folded=found.folded,
        unnamed=found.unnamed,
        unfolded=found.unfolded,
        unchecked=found.unchecked,
        missing=found.missing,
        erased=found.erased,
        uncounted=uncounted(after, found),
        unwritten=sum(max(0, getattr(before, ending) - found.endings.get(ending, 0)) for ending in ENDINGS),
        named={what: tuple(names) for what, names in found.named.items()},
    )


def uncounted(after: Tally, found: Found) -> int:
    """Events that ended by their outcomes, and are in no count."""
    return sum(max(0, found.endings.get(ending, 0) - getattr(after, ending)) for ending in ENDINGS)
