"""Lists that are kept at ad platforms: who is on one, as what was written last, and what a next file says of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

Row = Mapping[str, str]
"""A line of a file by its columns."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One person on one list. `rows` is what is to stand there, nothing for who is to be off it; `told` is what the
    files said so far. `version` is the profile's.
    """

    profile_id: str
    version: int
    rows: tuple[Row, ...] = ()
    told: tuple[Row, ...] = ()


class Changes(NamedTuple):
    """`removed` has one value a row: what isn't of anybody on the list any more."""

    added: list[Row]
    removed: list[Row]


def changes_of(people: Iterable[Listed]) -> Changes:
    """What files have to say so that `told` becomes `rows`. What one has now isn't taken off for another."""
    changed = [one for one in people if one.rows != one.told]
    added = [row for one in changed for row in one.rows]
    kept = _cells(added)
    gone = dict.fromkeys(cell for one in changed for cell in _cells(one.told) if cell not in kept)
    return Changes(added, [{column: value} for column, value in gone])


def _cells(rows: Sequence[Row]) -> dict[tuple[str, str], None]:
    return dict.fromkeys((column, value) for row in rows for column, value in row.items())
