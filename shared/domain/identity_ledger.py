"""Who is who, as the fold of the identity ledger: whose identifiers are, who merged into whom, who is kept apart.

Items of the profiles table say the same and are faster to read; `verify` shows that they do.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.domain.identity import CONTESTED, Period

CREATED = "created"
ATTACHED = "attached#"
MERGED = "merged#"
MOVED = "moved#"
UNDONE = "undone#"
APART = "apart#"
LIFTED = "lifted#"
STRICT = "strict#"


@dataclass(frozen=True, slots=True)
class Decided:
    """An entry of the ledger: the profile it lies under, its sort key, and what it did to who is who.

    `effect` by kind: attached `{"n": 1, "through"}`, hashes that the event joined; contested `{"n", "since"}`; moved
    `{"n", "places", "stays"}`, the periods that went to this profile, and whether it had them before by a merge;
    merged `{"loser", "through"}`; undone `{"loser", "at", "stays"}`, whose id leads here from then on, and whether it
    did before; apart `{"sides"}`; strict `{"consent"}`, refusals that a split wrote. `n` is the entry's place among
    those of one identifier. `event` is the key of the first that decided so, `at` when that was written; `first` and
    `last` are event times.
    """

    profile_id: str
    entry: str
    effect: Mapping[str, Any]
    reason: str = ""
    event: str = ""
    source_id: str = ""
    first: str = ""
    last: str = ""
    count: int = 1
    rules: int = 0
    at: str = ""


@dataclass(slots=True)
class WhoIsWho:
    """`periods`, `contested` and the number of `decisions` by hash, `merged_into` by profile id, `apart` {profile id:
    {cannot-link: sides}}.
    """

    periods: dict[str, tuple[Period, ...]] = field(default_factory=dict)
    contested: set[str] = field(default_factory=set)
    decisions: dict[str, int] = field(default_factory=dict)
    merged_into: dict[str, str] = field(default_factory=dict)
    apart: dict[str, dict[str, tuple[str, ...]]] = field(default_factory=dict)

    def live(self, profile_id: str) -> str:
        """The id that a profile's id stands for now."""
        while profile_id in self.merged_into:
            profile_id = self.merged_into[profile_id]
        return profile_id


def who_is_who(decided: Iterable[Decided]) -> WhoIsWho:
    """The fold. Entries of one identifier go by `n`, whatever order they come in; all others don't depend on any."""
    found, of_identifiers, lifted = WhoIsWho(), [], set()
    undone: dict[str, tuple[str, str]] = {}
    for one in decided:
        kind, _, subject = one.entry.partition("#")
        match f"{kind}#":
            case "attached#" | "contested#" | "moved#":
                of_identifiers.append((subject.partition("#")[0], one.effect["n"], one))
            case "merged#":
                found.merged_into[subject] = one.profile_id
            case "undone#":
                undone[subject] = max(undone.get(subject, ("", "")), (one.effect.get("at", ""), one.profile_id))
            case "apart#":
                found.apart.setdefault(one.profile_id, {})[subject] = tuple(one.effect["sides"])
            case "lifted#":
                lifted.add(subject)
    found.merged_into |= {loser: profile_id for loser, (_, profile_id) in undone.items()}
    for hashed, _, one in sorted(of_identifiers, key=lambda entry: entry[:2]):
        found.periods[hashed] = _after(found.periods.get(hashed, ()), one)
        found.decisions[hashed] = one.effect["n"]
        if one.entry.startswith(CONTESTED):
            found.contested.add(hashed)
    found.apart = {p: {k: s for k, s in links.items() if k not in lifted} for p, links in found.apart.items()}
    return found


def _after(periods: tuple[Period, ...], one: Decided) -> tuple[Period, ...]:
    if one.entry.startswith(MOVED):
        places = set(one.effect["places"])
        return tuple(p._replace(profile_id=one.profile_id) if n in places else p for n, p in enumerate(periods))
    return (*periods, Period(one.profile_id, one.effect.get("since", ""), one.entry))
