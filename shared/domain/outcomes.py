"""How an event ends: as exactly one of these, counted, with notes on why."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

ENDINGS = ("stored", "duplicate", "quarantined", "suppressed", "reduced")
STORED = ("stored", "reduced")
"""Those of them whose event is in the table."""

NUMBERS = ("received", *ENDINGS, "waiting")
MOST_NOTES = 100
OTHER = "other"
UNREADABLE_ROW = "unreadable_row"
_LONGEST_NOTE = 150


@dataclass(frozen=True, slots=True)
class Tally:
    """Events of one record or batch: how many came in, and by their end. `received` is counted on its own, so that
    it tells on the endings; `waiting` are those whose end a retry still has to bring. `notes` counts what a person may
    want to act on, as `quarantined:no_identifier:userId`; beyond MOST_NOTES different ones the rest is one.
    """

    received: int = 0
    stored: int = 0
    duplicate: int = 0
    quarantined: int = 0
    suppressed: int = 0
    reduced: int = 0
    waiting: int = 0
    notes: Mapping[str, int] = field(default_factory=dict)

    @property
    def ended(self) -> int:
        return sum(getattr(self, ending) for ending in ENDINGS)

    @property
    def gap(self) -> int:
        """Events without an end that nobody will bring: 0 where all adds up."""
        return self.received - self.ended - self.waiting

    def __add__(self, other: "Tally") -> "Tally":
        numbers = {name: getattr(self, name) + getattr(other, name) for name in NUMBERS}
        return Tally(**numbers, notes=_united(self.notes, other.notes))


def place_of(reason: str, field: str | None) -> str | None:
    """Where refusals that are alike stand: one place for all members of a list, and none for lines of files."""
    if field is None or reason == UNREADABLE_ROW:
        return None
    return ".".join(step for step in field.split(".") if not step.isdecimal()) or None


def refusal_note(reason: str, field: str | None) -> str:
    """`quarantined:missing_field:userId`."""
    return ":".join(filter(None, ("quarantined", reason, place_of(reason, field))))


def noted(notes: Iterable[str]) -> dict[str, int]:
    """Notes counted."""
    counted: dict[str, int] = {}
    for note in notes:
        _count(counted, note[:_LONGEST_NOTE], 1)
    return counted


def _united(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    counted = dict(one)
    for note, times in other.items():
        _count(counted, note, times)
    return counted


def _count(counted: dict[str, int], note: str, times: int) -> None:
    name = note if note in counted or len(counted) < MOST_NOTES else OTHER
    counted[name] = counted.get(name, 0) + times
