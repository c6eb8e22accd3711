"""How fast a destination is told: so many facts in each second of the clock; others get a turn later, one by one."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

_MS = 1000


@dataclass(frozen=True, slots=True)
class Pace:
    """What all processes know together of a destination: how many facts were let go in the newest `second` (since
    1970), and the millisecond at which the `line` of those that wait ends, by the rate `per_second` as it was.
    """

    second: int = 0
    sent: int = 0
    line: int = 0
    per_second: int = 0


def turns(pace: Pace, asked: Sequence[bool], per_second: int, now: float) -> tuple[Pace, list[float | None]]:
    """For each that asks (True: its turn has come), None where it may go now, else when to ask again.

    While there is a line, nobody new goes ahead of it; whose turn has come and who finds no room goes to its end. With
    another rate a new line begins.
    """
    line = pace.line if pace.per_second == per_second else 0
    second = max(int(now), pace.second)  # a clock that is behind counts in the newest second
    room = per_second - (pace.sent if second == pace.second else 0)
    is_free = line <= now * _MS
    going = [
        place for place in sorted(range(len(asked)), key=lambda place: not asked[place]) if asked[place] or is_free
    ]
    gone = frozenset(going[: max(0, room)])
    begin, waiting = max(line, (second + 1) * _MS), len(asked) - len(gone)
    later = (begin + place * _MS / per_second for place in range(waiting))
    found = [None if place in gone else next(later) / _MS for place in range(len(asked))]
    end = ceil(begin + waiting * _MS / per_second) if waiting else line
    return Pace(second, per_second - room + len(gone), end, per_second), found
