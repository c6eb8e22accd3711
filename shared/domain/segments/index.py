"""Thousands of segments at once: of each value of a person all that it fulfils, as the bits of one number.

A segment is an `and` of clauses, each an `or` of literals: a leaf that has to be true, or has to be false. Unknown is
neither, so three values need no third one here. Plane p has a bit for each segment: whether its clause p is fulfilled.
All planes lie side by side in one number: a value is one look-up and one `|`, and who has the bit in every plane is in.
A segment that is shorter as an `or` of terms is turned round: its bits say which terms fail, and who fails all is out.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import reduce
from itertools import compress, product
from math import floor
from operator import or_
from typing import NamedTuple, TypeVar

from shared.domain.computing import Attribute, Declarations
from shared.domain.segments.asked_values import AskedValues
from shared.domain.segments.asking import Ask, Person, asked, computed_ahead, trait_value
from shared.domain.segments.conditions import kept_for
from shared.domain.segments.definition import (
    Condition,
    Group,
    Leaf,
    OfComputed,
    OfEvents,
    OfSegment,
    OfSequence,
    OfTrait,
    Segment,
)
from shared.domain.segments.sequences import steps_kept
from shared.domain.segments.trees import leaves
from shared.domain.segments.windows import NEVER
from shared.domain.state import ProfileState
from shared.domain.tallies import OTHER

T = TypeVar("T")

MOST_CLAUSES = 16
"""A segment of more is asked by itself."""

NOBODY = Person(ProfileState(), frozenset(), {}, frozenset(), 0)
"""Of whom conditions on events say what they say of all who did none of these."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A leaf, and what it has to be. `said`, the leaf as text, is compared instead: to Python 1 and true are equal."""

    leaf: Leaf = field(compare=False)
    wanted: bool
    said: str


Clause = frozenset[Literal]
Table = dict[bool | None, int]
"""By what a leaf says, the bits that are set."""


class Asked(NamedTuple):
    """What is asked once for all segments that are `used` by it: the bits that a person's answer sets, out of `bits`,
    and from which millisecond on time alone makes it another.
    """

    ask: Callable[[Person], tuple[int, int]]
    bits: int
    used: int


class Found(NamedTuple):
    """As bits, places of the segments that somebody is in, and of those that have to be asked one by one; `until` as in
    an answer.
    """

    members: int
    unasked: int
    until: int


def clauses_of(condition: Condition, joined: str = "and", *, wanted: bool = True) -> list[Clause] | None:
    """What has to be fulfilled for a condition to be `wanted`: all of these clauses, of each one literal; where `or` is
    what they are joined by, one of them with all its literals. None where it is more than MOST_CLAUSES.
    """
    if not isinstance(condition, Group):
        return [frozenset({Literal(condition, wanted, repr(condition))})]
    if condition.op == "not":
        return clauses_of(condition.of[0], joined, wanted=not wanted)
    inner = [clauses_of(one, joined, wanted=wanted) for one in condition.of]
    known = [one for one in inner if one is not None]
    if len(known) < len(inner):
        return None
    if (condition.op == joined) == wanted:
        united = _fewest(clause for one in known for clause in one)
        return united if len(united) <= MOST_CLAUSES else None
    united = [frozenset()]
    for one in known:
        united = _fewest(reduce(or_, pair) for pair in product(united, one))
        if len(united) > MOST_CLAUSES:
            return None
    return united


def _fewest(clauses: Iterable[Clause]) -> list[Clause]:
    """Without those that others imply."""
    found: list[Clause] = []
    for clause in sorted(set(clauses), key=lambda one: (len(one), str(one))):
        if not any(one <= clause for one in found):
            found.append(clause)
    return found


@dataclass(slots=True)
class Index:
    """Of segments in their order. `asks`: what time changes or few ask for, each asked once for all; `turned`: segments
    whose bits say that they aren't fulfilled; `alone`: those that are asked one by one of anybody.
    """

    size: int = 0
    planes: int = 0
    fulfilled: int = 0
    traits: dict[str, AskedValues] = field(default_factory=dict)
    asks: list[Asked] = field(default_factory=list)
    by_part: dict[str, int] = field(default_factory=dict)
    by_event: dict[str, int] = field(default_factory=dict)
    alone: int = 0
    turned: int = 0
    anonymous: int = 0

    def of(self, person: Person, *, is_known: bool) -> Found:
        state, steady = person.state, self.fulfilled
        for path, values in self.traits.items():
            steady |= values.bits(trait_value(state.traits, path))
        bits, may, moments = 0, 0, list[tuple[int, int]]()
        for one in self.asks:
            found, until = one.ask(person)
            if until == NEVER:
                steady |= found
            else:
                bits, may = bits | found, may | one.bits
                moments.append((until, one.used))
        unasked = self.alone
        for key in self.by_part.keys() & state.computed.keys():
            unasked |= self.by_part[key]
        for name in self.by_event.keys() & state.events.keys() if OTHER not in state.events else self.by_event:
            unasked |= self.by_event[name]
        everybody = (1 << self.size) - 1
        may_be = everybody if is_known else self.anonymous
        members = (self._fulfilled(steady | bits) ^ self.turned) & may_be & ~unasked
        # What time can't bring about, or take away, needs no look when a leaf of it changes.
        open_ = (self._fulfilled(steady | may) ^ self._fulfilled(steady)) & may_be & ~unasked if moments else 0
        return Found(members, unasked & may_be, min((until for until, used in moments if used & open_), default=NEVER))

    def _fulfilled(self, bits: int) -> int:
        """The segments with a bit in every plane."""
        found = (1 << self.size) - 1
        for _ in range(self.planes):
            found &= bits
            bits >>= self.size
        return found


def those(of: Iterable[T], bits: int) -> Iterator[T]:
    """Those in whose places a bit is set."""
    return compress(of, f"{bits:b}"[::-1].encode().translate(_ZERO_AND_ONE))


_ZERO_AND_ONE = bytes(int(byte == ord("1")) for byte in range(256))


def index_of(segments: Sequence[Segment], declared: Declarations) -> Index:
    """Ready to be asked."""
    index = Index(size=len(segments))
    forms = [_form(segment.where) for segment in segments]
    index.planes = max((len(form.clauses) for form in forms if form), default=0)
    tables: dict[tuple[str, str], tuple[Leaf, Table]] = {}
    for place, (segment, form) in enumerate(zip(segments, forms, strict=True)):
        bit = 1 << place
        index.anonymous |= bit if segment.include_anonymous else 0
        if form is None:
            index.alone |= bit
            continue
        index.turned |= bit if form.is_turned else 0
        index.fulfilled |= reduce(or_, (bit << p * index.size for p in range(len(form.clauses), index.planes)), 0)
        for plane, clause in enumerate(form.clauses):
            for one in clause:
                _, table = tables.setdefault((one.said, segment.zone), (one.leaf, {True: 0, False: 0, None: 0}))
                for truth in table:
                    table[truth] |= bit << plane * index.size if (truth == one.wanted) != form.is_turned else 0
    computed: dict[str, AskedValues] = {}
    for (_, zone), (leaf, table) in tables.items():
        if isinstance(leaf, OfComputed) and leaf.computed in declared.by_id:
            computed.setdefault(leaf.computed, AskedValues()).add(leaf, table)
        else:
            _enter(index, leaf, zone, table, declared)
    for attribute, values in computed.items():
        index.asks.append(_of_attribute(index, declared.by_id[attribute], values))
    return index


class Form(NamedTuple):
    """Clauses, or where it `is_turned` terms."""

    clauses: list[Clause]
    is_turned: bool


def _form(condition: Condition) -> Form | None:
    """The shorter one; None for a segment that is asked by itself: it is long, or asks for others."""
    if any(isinstance(leaf, OfSegment) for _, leaf in leaves(condition)):
        return None
    clauses, terms = clauses_of(condition), clauses_of(condition, "or")
    if clauses is None or (terms is not None and len(terms) < len(clauses)):
        return None if terms is None else Form(terms, is_turned=True)
    return Form(clauses, is_turned=False)


def _enter(index: Index, leaf: Leaf, zone: str, table: Table, declared: Declarations) -> None:
    """One leaf, by what tells it."""
    if isinstance(leaf, OfTrait):
        index.traits.setdefault(leaf.trait, AskedValues()).add(leaf, table)
    elif isinstance(leaf, OfEvents | OfSequence):
        index.fulfilled |= table[asked(leaf, zone, declared)(NOBODY).truth]
        used = _used(index, _all(table))
        keys, name = _sources(leaf, zone)
        for key in keys:
            index.by_part[key] = index.by_part.get(key, 0) | used
        if name:
            index.by_event[name] = index.by_event.get(name, 0) | used
        elif not keys:
            index.alone |= used
    else:
        index.asks.append(_of_leaf(index, asked(leaf, zone, declared), table))


def _of_leaf(index: Index, ask: Ask, table: Table) -> Asked:
    def bits(person: Person) -> tuple[int, int]:
        answer = ask(person)
        return table[answer.truth], answer.until

    return Asked(bits, _all(table), _used(index, _all(table)))


def _of_attribute(index: Index, attribute: Attribute, values: AskedValues) -> Asked:
    """All that is asked of one computed attribute at once."""
    numbers = sorted({floor(one) for one in values.numbers})

    def bits(person: Person) -> tuple[int, int]:
        now, ahead = computed_ahead(attribute, person, numbers)
        found = values.bits(now)
        return found, next((ms for ms, value in ahead if values.bits(value) != found), NEVER)

    return Asked(bits, values.all_bits, _used(index, values.all_bits))


def _all(table: Table) -> int:
    return table[True] | table[False] | table[None]


def _sources(leaf: OfEvents | OfSequence, zone: str) -> tuple[list[str], str]:
    """The parts, or the name of the event, without which the answer is that of NOBODY."""
    if isinstance(leaf, OfSequence):
        return [one.key for one in steps_kept(leaf)], ""
    kept = kept_for(leaf, zone)
    return ([kept.counted.key], "") if kept.counted else ([], leaf.event)


def _used(index: Index, bits: int) -> int:
    """The segments with a bit among these."""
    used, mask = 0, (1 << index.size) - 1
    while bits:
        used |= bits & mask
        bits >>= index.size
    return used
