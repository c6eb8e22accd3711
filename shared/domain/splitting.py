"""Splitting: identifiers leave a person for new profiles, which are kept apart from then on.

What was merged into one, or attached, was decided for the identifiers: whoever gets them gets their events.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from shared.domain.consent import Decision, joined_at, later
from shared.domain.identifiers import Identifier
from shared.domain.identity import STOPPED, Ownership
from shared.domain.identity_ledger import APART, MOVED, STRICT, UNDONE
from shared.domain.identity_rules import RULES
from shared.domain.jobs import frozen_for
from shared.domain.maps import unite_by_key
from shared.domain.profiles import NEW, Profile
from shared.domain.purposes import NONE_DECLARED, Purposes
from shared.domain.standing import standings
from shared.domain.stitching import LedgerEntry, LedgerKey, People
from shared.domain.times import from_text
from shared.domain.told import united

STAYS = "0"
"""The side of the cannot-link on which the person is whom the others leave."""

SOURCE = "split"
"""Who says the refusals that a split writes."""

_MERGED = "merged:"


@dataclass(frozen=True, slots=True)
class Part:
    """A new profile and the identifiers that go there; `was` are ids of merged profiles which lead there then."""

    profile_id: str
    identifiers: tuple[str, ...]
    was: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Split:
    """`profile_id` is who is split, `version` its version as it was planned, `link` the id of the cannot-link, `by` who
    asked for it. `together`: somebody said that the identifiers of each part belong together, so that undoing a cause
    never takes them apart."""

    job_id: str
    by: str
    link: str
    profile_id: str
    version: int
    at: str
    reason: str
    parts: tuple[Part, ...]
    together: bool = True

    @property
    def frozen(self) -> str:
        """What the people are frozen by meanwhile."""
        return frozen_for(self.job_id)


class Move(NamedTuple):
    """An ownership before and after, and the entry that says so."""

    before: Ownership
    after: Ownership
    key: LedgerKey
    entry: LedgerEntry


def flaw(whole: Profile, parts: Sequence[Collection[str]]) -> str | None:
    """Why identifiers can't leave in these parts, or None."""
    leaving = [hashed for part in parts for hashed in part]
    if whole.stopped:
        return STOPPED
    if not leaving or not all(parts):
        return "nothing_leaves"
    if any(hashed not in whole.identifiers for hashed in leaving):
        return "not_theirs"
    if len({*leaving}) < len(leaving):
        return "in_two_parts"
    return None if len(leaving) < len(whole.identifiers) else "nobody_stays"


def came_as(people: People, whole: Profile) -> dict[str, str]:
    """{hash: the profile as whose the identifier came into the person}"""
    return {
        hashed: period.profile_id
        for hashed in whole.identifiers.keys() & people.ownerships.keys()
        for period in reversed(people.ownerships[hashed].periods)
        if people.live(period.profile_id).id == whole.id
    }


def parts_of(
    people: People, whole: Profile, leaving: Sequence[Collection[str]], new_id: Callable[[], str]
) -> tuple[Part, ...]:
    """Parts of these identifiers; ids of merged profiles lead to the part that has all that came as theirs."""
    by_profile: dict[str, set[str]] = {}
    for hashed, profile_id in came_as(people, whole).items():
        by_profile.setdefault(profile_id, set()).add(hashed)
    by_profile.pop(whole.id, None)
    return tuple(
        Part(new_id(), tuple(sorted(part)), tuple(sorted(p for p, own in by_profile.items() if own <= {*part})))
        for part in leaving
    )


def moves(people: People, whole: Profile, split: Split) -> dict[str, Move]:
    """What has yet to change hands, by hash: all that leaves, and what stays of merged profiles whose ids lead away."""
    found: dict[str, Move] = {}
    new = {hashed: part.profile_id for part in split.parts for hashed in part.identifiers}
    was = {profile_id for part in split.parts for profile_id in part.was}
    for hashed in whole.identifiers.keys() & people.ownerships.keys():
        before = people.ownerships[hashed]
        places = [
            place
            for place, period in enumerate(before.periods)
            if people.live(period.profile_id).id == whole.id and (hashed in new or period.profile_id in was)
        ]
        if places:
            found[hashed] = _moved(before, new.get(hashed, whole.id), places, split)
    return found


def _moved(before: Ownership, to: str, places: list[int], split: Split) -> Move:
    periods = tuple(p._replace(profile_id=to) if n in places else p for n, p in enumerate(before.periods))
    after = replace(before, periods=periods, decisions=before.decisions + 1)
    effect = {"n": after.decisions, "places": places, "stays": to == split.profile_id}
    key = LedgerKey(to, f"{MOVED}{before.identifier.hash}#{after.decisions}")
    return Move(before, after, key, decision(split, effect))


def as_moved(people: People, whole: Profile, split: Split) -> People:
    """`people` as they will be once all has changed hands."""
    after = people.copy()
    after.ownerships |= {hashed: move.after for hashed, move in moves(people, whole, split).items()}
    return after


def decision(split: Split, effect: Mapping[str, Any], reason: str = "") -> LedgerEntry:
    """An entry of the ledger made by a split."""
    return LedgerEntry(reason or split.reason, f"job|{split.job_id}", "", split.at, split.at, 1, 0, effect)


def part_of(whole: Profile, split: Split, side: int) -> Profile:
    """A new profile, frozen, with all it takes along but what it is to fold: that is read from its events."""
    part = split.parts[side - 1]
    of = _held_by(whole, set(part.identifiers))
    marks = {**whole.apart, split.link: (str(side),)}
    made = replace(of, id=part.profile_id, version=0, created_at="", changes=united({}, whole.changes), due=())
    busy = {anchor: one._replace(beside=(part.profile_id,)) for anchor, one in of.busy.items()}
    return replace(made, apart=marks, frozen=split.frozen, busy=busy)


def rest_of(whole: Profile, split: Split) -> Profile:
    """The person whom the others left; what is to be folded is still as it was."""
    gone = {hashed for part in split.parts for hashed in part.identifiers}
    undone = {f"{_MERGED}{profile_id}" for part in split.parts for profile_id in part.was}
    told = dict.fromkeys((f"split:{part.profile_id}" for part in split.parts), NEW)
    rest = _held_by(whole, (whole.identifiers.keys() | whole.state.consent.keys()) - gone)
    return replace(
        rest,
        apart={**whole.apart, split.link: (STAYS,)},
        frozen="",
        changes={**{fact: change for fact, change in whole.changes.items() if fact not in undone}, **told},
    )


def _held_by(whole: Profile, hashes: set[str]) -> Profile:
    """`whole` as far as it is these identifiers'."""
    consent = {anchor: given for anchor, given in whole.state.consent.items() if anchor in hashes}
    return replace(
        whole,
        identifiers={h: identifier for h, identifier in whole.identifiers.items() if h in hashes},
        state=replace(whole.state, consent=consent),
        recent={anchor: hours for anchor, hours in whole.recent.items() if anchor in hashes},
        busy={anchor: busy for anchor, busy in whole.busy.items() if anchor in hashes},
        buckets={bucket: kept for bucket, kept in whole.buckets.items() if bucket.anchor in hashes},
        was_split=True,
    )


_NO = ("refused", "withdrawn")
_AS_STRICT = (("expired", "expired"), ("expired", "unknown"))
"""What the whole person's consent came to, and what a side's does, where nothing needs to be refused."""

Refusals = Mapping[str, Mapping[str, Decision]]
"""{anchor: {purpose: refusal}}: a purpose is a signal of its own name."""


def refusals(whole: Profile, folded: Profile, split: Split, purposes: Purposes) -> Refusals:
    """What a part has to refuse so that it grants nothing that the whole person had refused: on each anchor that holds
    a grant, or on the highest identifier where none does.
    """
    carried = _carried(whole, folded, split)
    own, found = with_refusals(folded, carried).state, dict[str, dict[str, Decision]]()
    at = from_text(split.at)
    now = standings(own.consent, own.links, purposes, at)
    for purpose, stands in standings(whole.state.consent, whole.state.links, purposes, at).items():
        side = now[purpose].state if purpose in now else "unknown"
        if (stands.state, side) in _AS_STRICT or stands.state == "granted" or side in _NO:
            continue
        signals = purposes.get(purpose).decided_by
        given = {a: [by_signal[s].time for s in signals & by_signal.keys()] for a, by_signal in own.consent.items()}
        granted = {anchor: times for anchor, times in given.items() if times}
        for anchor, times in (granted or {_highest(folded): []}).items():
            refused = Decision("refused", max([split.at, *times]), f"split:{split.link}", SOURCE)
            found.setdefault(anchor, {})[purpose] = refused
    return unite_by_key(carried, found, lambda one, other: unite_by_key(one, other, later))


def _carried(whole: Profile, folded: Profile, split: Split) -> Refusals:
    """What was refused on identifiers that are elsewhere now, signal by signal, as of when it came to hold here: later
    than the refusal and than the links that led to it. So a purpose that is declared after the split finds it, too.
    """
    state, found = whole.state, dict[str, dict[str, Decision]]()
    anchors = [
        anchor for anchor, given in folded.state.consent.items() if any(d.state == "granted" for d in given.values())
    ]
    joined = {anchor: joined_at(anchor, state.links) for anchor in anchors or [_highest(folded)]}
    stands = standings(state.consent, state.links, NONE_DECLARED, from_text(split.at))
    for elsewhere in state.consent.keys() - folded.identifiers.keys():
        for signal, decision in state.consent[elsewhere].items():
            if decision.state == "granted" or (signal in stands and stands[signal].state == "granted"):
                continue
            for anchor, times in joined.items():
                time = max(decision.time, times.get(elsewhere, split.at))
                refused = Decision("refused", time, f"split:{split.link}", SOURCE)
                here = found.setdefault(anchor, {})
                here[signal] = later(here.get(signal), refused)
    return found


def _highest(folded: Profile) -> str:
    return min(folded.identifiers, key=lambda hashed: _height(hashed, folded.identifiers[hashed]))


def _height(hashed: str, identifier: Identifier) -> tuple[int, str]:
    return RULES.rank(identifier.namespace), hashed


def with_refusals(folded: Profile, refused: Refusals) -> Profile:
    consent = unite_by_key(folded.state.consent, refused, lambda a, b: unite_by_key(a, b, later))
    return replace(folded, state=replace(folded.state, consent=consent))


def entries(whole: Profile, profile: Profile, refused: Refusals, split: Split) -> dict[LedgerKey, LedgerEntry]:
    """What the ledger says of a side of the split, beside what moved there."""
    new = profile.id != whole.id
    marks = profile.apart if new else {split.link: profile.apart[split.link]}
    found = {f"{APART}{link}": decision(split, {"sides": list(sides)}) for link, sides in marks.items()}
    if refused:
        given = {anchor: {p: list(d) for p, d in by_purpose.items()} for anchor, by_purpose in refused.items()}
        found[f"{STRICT}{split.link}"] = decision(split, {"consent": given})
    if new:
        effect = {"from": whole.id, "together": split.together}
        found["created"] = decision(split, effect, f"split_from:{whole.id}")
    return {LedgerKey(profile.id, entry): what for entry, what in found.items()}


def leads(whole: Profile, split: Split) -> dict[str, str]:
    """{id of a merged profile: whom it leads to from now on}. Those that stay may have led through one that leaves."""
    merged = [fact.removeprefix(_MERGED) for fact in whole.changes if fact.startswith(_MERGED)]
    gone = {profile_id: part.profile_id for part in split.parts for profile_id in part.was}
    return dict.fromkeys(merged, whole.id) | gone if gone else {}


def undone(split: Split, to: str, merged_id: str) -> tuple[LedgerKey, LedgerEntry]:
    """That an id which was merged leads to somebody else from now on."""
    entry = decision(split, {"loser": merged_id, "at": split.at, "stays": to == split.profile_id})
    return LedgerKey(to, f"{UNDONE}{merged_id}"), entry
