"""Why somebody is in a segment or not: how each condition is answered, until when, and what would change that."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from shared.domain.computing import Declarations
from shared.domain.segments import definition as d
from shared.domain.segments.asking import Person, asked, noon_of
from shared.domain.segments.comparing import Truth, conjunction, disjunction, negation
from shared.domain.segments.conditions import kept_for
from shared.domain.segments.memberships import KNOWN
from shared.domain.segments.saying import Shown, changed_by, said
from shared.domain.segments.sequences import steps_kept
from shared.domain.segments.windows import NEVER, leaving, milliseconds
from shared.domain.state import ProfileState


@dataclass(frozen=True, slots=True)
class Reason:
    """A condition as it was answered. `pointer`: where it stands in `where`; `unknown`: why its truth is; `until`: the
    millisecond from which on time alone makes it another, and may make a group another; `of` are those of a group, in
    the order they are written.
    """

    pointer: str
    says: str
    truth: Truth
    until: int = NEVER
    unknown: str = ""
    value: Any = None
    changed_by: str = ""
    of: tuple["Reason", ...] = ()


HIDDEN = "hidden"


@dataclass(frozen=True, slots=True)
class Explaining:
    """`zone` is the segment's. `hides`: leaves that are told without what they came to; `show`: how values are told."""

    zone: str
    declared: Declarations
    show: Shown = lambda leaf, value: value
    hides: Callable[[d.Leaf], bool] = lambda leaf: False

    def why(self, condition: d.Condition, person: Person, pointer: str = "/where") -> Reason:
        if not isinstance(condition, d.Group):
            return self._leaf(condition, person, pointer)
        of = tuple(self.why(one, person, f"{pointer}/of/{place}") for place, one in enumerate(condition.of))
        truths = [one.truth for one in of]
        says, unite = _GROUPS[condition.op]
        return Reason(pointer, says, unite(truths), min(one.until for one in of), of=of)

    def _leaf(self, leaf: d.Leaf, person: Person, pointer: str) -> Reason:
        says = said(leaf, self.show)
        if self.hides(leaf):
            return Reason(pointer, says, None, unknown=HIDDEN)
        if not kept_keys(leaf, self.zone) <= self.declared.keys:
            return Reason(pointer, says, None, unknown="not_kept")
        answer = asked(leaf, self.zone, self.declared)(person)
        fewer = next_loss(leaf, self.zone, person.state, person.at) if isinstance(leaf, d.OfEvents) else NEVER
        return Reason(
            pointer,
            says,
            answer.truth,
            answer.until,
            _why_unknown(leaf, answer.value, self.declared) if answer.truth is None else "",
            self.show(leaf, answer.value),
            changed_by(leaf, answer, fewer, self.show),
        )


def explained(segment: d.Segment, explaining: Explaining, person: Person) -> Reason:
    """The whole of it: of a segment that leaves out anonymous people, that the person is known too."""
    reason = explaining.why(segment.where, person)
    if segment.include_anonymous:
        return reason
    known = not KNOWN.isdisjoint(person.namespaces)
    change = "" if known else f"one of {', '.join(sorted(KNOWN))} would have to be known"
    of = (Reason("/include_anonymous", "is not anonymous", known, changed_by=change), reason)
    return Reason("", "all of", conjunction([one.truth for one in of]), reason.until, of=of)


_GROUPS: Mapping[str, tuple[str, Callable[[list[Truth]], Truth]]] = {
    "and": ("all of", conjunction),
    "or": ("one of", disjunction),
    "not": ("not", lambda truths: negation(truths[0])),
}


def kept_keys(leaf: d.Leaf, zone: str) -> frozenset[str]:
    """Keys of what profiles keep of events for a leaf, where they keep anything for it."""
    if isinstance(leaf, d.OfSequence):
        return frozenset(one.key for one in steps_kept(leaf))
    kept = kept_for(leaf, zone).counted if isinstance(leaf, d.OfEvents) else None
    return frozenset({kept.key} if kept else ())


def next_loss(leaf: d.OfEvents, zone: str, state: ProfileState, at: int) -> int:
    """The millisecond at which the first of the events that count now leaves the window."""
    kept, leaves = kept_for(leaf, zone), leaving(leaf.window, zone)
    part = state.computed.get(kept.counted.key) if kept.counted else None
    if kept.how == "times" and part:
        ends = [leaves(ms) for ms in part[2]]
    elif kept.how == "days" and part and leaf.window.last:
        ends = [leaves(noon_of(int(day), zone)) for day in part[2] or {}]
    else:
        tally = state.events.get(leaf.event)
        ends = [leaves(milliseconds(tally.last))] if tally and leaf.window.last else []
    return min((end for end in ends if end > at), default=NEVER)


def _why_unknown(leaf: d.Leaf, value: Any, declared: Declarations) -> str:
    if isinstance(leaf, d.OfComputed) and leaf.computed not in declared.by_id:
        return "undeclared"
    if isinstance(leaf, d.OfTrait | d.OfComputed) and value is not None:
        return f"no_{leaf.type}"
    return "among_others" if isinstance(leaf, d.OfEvents) else "missing"
