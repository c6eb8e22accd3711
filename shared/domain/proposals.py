"""Probable duplicates: two profiles that may be one person, with the evidence for it. A person decides, no model."""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from shared.domain.identity import kept_apart
from shared.domain.profiles import Profile

State = Literal["open", "accepted", "rejected"]
Reason = Literal["decided", "kept_apart", "gone"]
"""Why a pair isn't proposed: somebody decided on it, a cannot-link keeps it apart, a profile is merged or erased."""

_BETWEEN = "~"
_AGREES, _DISAGREES = 0.5, -0.5


class Evidence(NamedTuple):
    """How far a field agrees, and the bits by which that speaks for one person (above 0) or two. Never a value."""

    field: str
    level: str
    weight: float


@dataclass(frozen=True, slots=True)
class Pair:
    """Two profiles, the smaller id first. `weight` is log2 of the odds, `met_by` the blocking rules they share."""

    first: str
    second: str
    probability: float
    weight: float
    evidence: tuple[Evidence, ...] = ()
    met_by: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        return pair_id(self.first, self.second)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A pair and what became of it. `decided_by` is the name of an API token."""

    pair: Pair
    found_at: str
    state: State = "open"
    decided_by: str | None = None
    decided_at: str | None = None


def pair_id(one: str, other: str) -> str:
    """The same for either order."""
    return _BETWEEN.join(sorted((one, other)))


def sides(pair: str) -> tuple[str, str] | None:
    """The two profile ids of a pair's id, or None where it is none."""
    first, between, second = pair.partition(_BETWEEN)
    return (first, second) if between and first < second and _BETWEEN not in second else None


def proposable(
    pairs: Iterable[Pair], profiles: Mapping[str, Profile], decided: Collection[str]
) -> tuple[list[Pair], Counter[Reason]]:
    """The pairs that may be proposed, and of the others how many for which reason. `profiles` as they are stored now,
    `decided` the ids of pairs on which somebody decided.
    """
    kept: list[Pair] = []
    left_out: Counter[Reason] = Counter()
    for pair in pairs:
        if reason := _reason(pair, profiles, decided):
            left_out[reason] += 1
        else:
            kept.append(pair)
    return kept, left_out


def _reason(pair: Pair, profiles: Mapping[str, Profile], decided: Collection[str]) -> Reason | None:
    if pair.id in decided:
        return "decided"
    two = [profiles[i] for i in (pair.first, pair.second) if i in profiles and not profiles[i].is_merged]
    if len(two) < 2:
        return "gone"
    return "kept_apart" if kept_apart(two) else None


def in_words(pair: Pair) -> list[str]:
    """Why a pair is proposed, in sentences: what speaks for one person, what against it, and how the two met."""
    ordered = sorted(pair.evidence, key=lambda one: -abs(one.weight))
    speaks_for = [_phrase(one) for one in ordered if one.weight > _AGREES]
    against = [_phrase(one) for one in ordered if one.weight < _DISAGREES]
    says_little = [one.field for one in ordered if _DISAGREES <= one.weight <= _AGREES]
    told = {
        "For one person": speaks_for,
        "Against": against,
        "Says little": says_little,
        "Compared because they share": list(pair.met_by),
    }
    return [f"{what}: {', '.join(parts)}." for what, parts in told.items() if parts]


def _phrase(evidence: Evidence) -> str:
    return f"{evidence.field} {evidence.level} ({evidence.weight:+.1f})"


def evidence_text(evidence: Iterable[Evidence]) -> str:
    return json.dumps(list(evidence), separators=(",", ":"))


def evidence_of(text: str) -> tuple[Evidence, ...]:
    """The inverse of evidence_text."""
    return tuple(Evidence(*entry) for entry in json.loads(text))
