"""How two values of a kind are compared: levels of agreement, highest first, as SQL and with what is held likely before
anything is learnt.
"""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

Kind = Literal["name", "text", "date", "code", "exact", "email", "phone"]

SAME, SWAPPED, DIFFERENT = "the same", "swapped", "different"
_ALIKE = "jaro_winkler_similarity({l}, {r}) >= "
_ONE_APART = "damerau_levenshtein({l}, {r}) <= 1"
_SHARED = "list_has_any({l}, {r})"


class Level(NamedTuple):
    """`m` and `u`: how often two records of one person, and of two people, agree so far. `{l}` and `{r}` are the two
    values, `{swapped}` says whether they stand in one another's fields.
    """

    name: str
    condition: str
    m: float
    u: float


KINDS: Mapping[Kind, tuple[Level, ...]] = {
    "name": (
        Level(SAME, "{l} = {r}", 0.80, 0.005),
        Level(SWAPPED, "{swapped}", 0.02, 0.0005),
        Level("nearly the same", f"{_ALIKE} 0.92", 0.08, 0.005),
        Level("similar", f"{_ALIKE} 0.8", 0.04, 0.02),
        Level(DIFFERENT, "ELSE", 0.06, 0.97),
    ),
    "text": (
        Level(SAME, "{l} = {r}", 0.70, 0.005),
        Level("nearly the same", f"{_ALIKE} 0.92", 0.12, 0.005),
        Level("similar", f"{_ALIKE} 0.8", 0.06, 0.02),
        Level(DIFFERENT, "ELSE", 0.12, 0.97),
    ),
    "date": (
        Level(SAME, "{l} = {r}", 0.90, 0.0002),
        Level("one digit off", _ONE_APART, 0.06, 0.002),
        Level(DIFFERENT, "ELSE", 0.04, 0.9978),
    ),
    "code": (
        Level(SAME, "{l} = {r}", 0.80, 0.0001),
        Level("one character off", _ONE_APART, 0.10, 0.001),
        Level(DIFFERENT, "ELSE", 0.10, 0.9989),
    ),
    "exact": (
        Level(SAME, "{l} = {r}", 0.90, 0.20),
        Level(DIFFERENT, "ELSE", 0.10, 0.80),
    ),
    "email": (
        Level("shared", _SHARED, 0.30, 0.000001),
        Level("nearly shared", "most_alike({l}, {r}) >= 0.92", 0.20, 0.00001),
        Level(DIFFERENT, "ELSE", 0.50, 0.999989),
    ),
    "phone": (
        Level("shared", _SHARED, 0.40, 0.000001),
        Level("one digit off", "fewest_edits({l}, {r}) <= 1", 0.05, 0.00001),
        Level(DIFFERENT, "ELSE", 0.55, 0.999989),
    ),
}

MANY: frozenset[Kind] = frozenset({"email", "phone"})
"""Kinds of which a person may have several: any two that agree count."""

COUNTS_RARITY: frozenset[Kind] = frozenset({"name", "text", "exact"})
"""Kinds whose rare values say more than common ones: sharing 김 is worth less than sharing 남궁."""


def nested_levels(fields: Sequence[str]) -> tuple[Level, ...]:
    """Of fields that lie in one another, the finest first: agreeing on a street is worth more than on its city.

    They are one comparison, as who shares a street shares its city: weighed apart, every family would be a duplicate.
    """
    finest, *others = fields
    around = " OR ".join(map(_alike, others))
    return (
        Level(SAME, f"{_same(finest)} AND ({around})", 0.55, 0.0005),
        Level("nearly the same", f"{_alike(finest)} AND ({around})", 0.15, 0.0005),
        Level(f"the same {finest}", _same(finest), 0.04, 0.001),
        *_together(others),
        *(Level(f"the same {name}", _same(name), 0.08 / len(others), 0.02) for name in others),
        Level(DIFFERENT, "ELSE", 0.12, 0.988 - 0.02 * len(others)),
    )


def _together(others: Sequence[str]) -> tuple[Level, ...]:
    if len(others) == 1:
        return ()
    return (Level(f"the same {' and '.join(others)}", " AND ".join(map(_alike, others)), 0.06, 0.01),)


def swapped(one: str, other: str) -> str:
    """Each stands where the other should, and with hardly an error."""
    return " AND ".join(
        f"jaro_winkler_similarity({left}_l, {right}_r) >= 0.95" for left, right in ((one, other), (other, one))
    )


def _same(name: str) -> str:
    return f"{name}_l = {name}_r"


def _alike(name: str) -> str:
    return f"{_ALIKE.format(l=f'{name}_l', r=f'{name}_r')} 0.88"


MACROS = (
    "CREATE TEMP MACRO most_alike(a, b) AS list_max(flatten(list_transform(a, lambda x:"
    " list_transform(b, lambda y: jaro_winkler_similarity(x, y)))))",
    "CREATE TEMP MACRO fewest_edits(a, b) AS list_min(flatten(list_transform(a, lambda x:"
    " list_transform(b, lambda y: damerau_levenshtein(x, y)))))",
)
