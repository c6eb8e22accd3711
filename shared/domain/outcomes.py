"""How an event ends: as exactly one of these, counted."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tally:
    """Events of one record or batch by their end."""

    stored: int = 0
    duplicate: int = 0
    quarantined: int = 0

    @property
    def received(self) -> int:
        return self.stored + self.duplicate + self.quarantined

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.stored + other.stored, self.duplicate + other.duplicate, self.quarantined + other.quarantined)
