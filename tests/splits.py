"""Splits of people in memory, as the job does them over the tables."""

from dataclasses import replace
from itertools import count

from shared.domain.baselines import StoredEvent, own_events
from shared.domain.identity_ledger import Decided
from shared.domain.profiles import Profile, sealed
from shared.domain.purposes import NONE_DECLARED
from shared.domain.rebuilding import rebuilt
from shared.domain.splitting import (
    Part,
    Split,
    as_moved,
    entries,
    leads,
    moves,
    part_of,
    refusals,
    rest_of,
    undone,
    with_refusals,
)
from shared.domain.stitching import People
from shared.domain.times import to_text
from shared.domain.undoing import Cause, fallen_apart
from tests.people import NOW, Cdp


def taken_apart(cdp: Cdp, whole: Profile, *parts: Part, link: str = "link1") -> list[Profile]:
    """Split a live person of `cdp`. Who came of it, who stayed first."""
    split = Split("1", "operator", link, whole.id, whole.version, to_text(NOW), "split", parts)
    after = as_moved(cdp.people, whole, split)
    for move in moves(cdp.people, whole, split).values():
        cdp.people.ledger[move.key] = move.entry
    sides = [rest_of(whole, split), *(part_of(whole, split, n) for n in range(1, len(parts) + 1))]
    made = [_settled(cdp, after, whole, side, split) for side in sides]
    after.profiles |= {profile.id: profile for profile in made}
    to = leads(whole, split)
    while elsewhere := [one for one in to if after.live(one).id != to[one]]:
        for profile_id in elsewhere:
            after.profiles[profile_id] = Profile(profile_id, merged_into=to[profile_id])
            cdp.people.ledger |= dict([undone(split, to[profile_id], profile_id)])
    cdp.people.ownerships, cdp.people.profiles = after.ownerships, after.profiles
    return made


def _settled(cdp: Cdp, after: People, whole: Profile, side: Profile, split: Split) -> Profile:
    events = [StoredEvent(event, 1) for event in cdp.stored.values() if event.identifiers]
    folded = rebuilt(side, own_events(after, side, {}, cdp.demoted, events), NOW)
    refused = refusals(whole, folded, split, NONE_DECLARED)
    folded = with_refusals(folded, refused)
    cdp.people.ledger |= entries(whole, folded, refused, split)
    return sealed(replace(folded, frozen=""), NOW)


def undone_by(cdp: Cdp, cause: Cause) -> list[Profile]:
    """Take back what a cause did to whoever it did it to. Everybody then."""
    ids = count(len(cdp.people.profiles))
    for whole in [p for p in cdp.live if len(p.identifiers) > 1]:
        ledger = cdp.people.ledger.items()
        decisions = [
            Decided(k.profile_id, k.entry, e.effect, event=e.event, source_id=e.source_id, rules=e.rules, at="1")
            for k, e in ledger
        ]
        parts = fallen_apart(cdp.people, whole, decisions, cause, lambda: f"n{next(ids)}")
        if parts:
            taken_apart(cdp, whole, *parts, link=f"link of {whole.id}")
    return cdp.live
