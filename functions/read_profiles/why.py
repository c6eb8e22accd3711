"""Why somebody is who they are: the decisions of their ledger and of those who were merged into them, newest first."""

from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain, islice
from typing import NamedTuple

from functions.read_profiles.masks import mask_for, values_of
from functions.read_profiles.paging import cursor_of, position_of
from functions.read_profiles.views import named
from shared.contracts.read import DecisionView, NamedView, WhyView
from shared.domain.api_tokens import ApiToken
from shared.domain.decisions import Told, sentence
from shared.domain.events import Event
from shared.domain.identifiers import Identifier
from shared.domain.identity_ledger import UNDONE, Decided
from shared.domain.masking import Mask
from shared.domain.profiles import Profile
from shared.stores.event_store import EventStore
from shared.stores.identity_log import IdentityLog
from shared.stores.profile_store import ProfileStore

MOST_READ = 5_000
"""Decisions that are read of a person; of their counts too."""

_READERS = 8
_OF_IDENTIFIERS = frozenset({"attached", "demoted", "contested", "over_budget", "moved"})
_OF_PROFILES = frozenset({"merged", "undone"})


class Subject(NamedTuple):
    kind: str
    hash: str
    profile_id: str


def subject_of(one: Decided) -> Subject:
    """What an entry is about, from its sort key."""
    kind, *rest = one.entry.split("#")
    about = rest[0] if rest else ""
    return Subject(kind, about if kind in _OF_IDENTIFIERS else "", about if kind in _OF_PROFILES else "")


@dataclass(frozen=True, slots=True)
class Why:
    log: IdentityLog
    profiles: ProfileStore
    events: EventStore

    def page(self, profile: Profile, token: ApiToken, limit: int, cursor: str | None) -> WhyView:
        """Up to `limit` decisions after `cursor`. Raises ProblemError (400) for a cursor that isn't ours."""
        after = position_of(cursor, 3) if cursor else None
        found = self._all(profile)
        ordered = sorted(found[:MOST_READ], key=_place, reverse=True)
        left = [one for one in ordered if after is None or _place(one) < after]
        shown = left[:limit]
        return WhyView(
            profile_id=profile.id,
            counts=dict(Counter(subject_of(one).kind for one in ordered)),
            complete=len(found) <= MOST_READ,
            decisions=self._views(profile, shown, token),
            next_cursor=cursor_of(_place(shown[-1])) if len(left) > limit else None,
        )

    def _all(self, profile: Profile) -> Sequence[Decided]:
        wanted, found = {profile.id, *profile.merged_ids}, dict[str, list[Decided]]()
        with ThreadPoolExecutor(_READERS) as pool:
            while wanted:
                found |= dict(zip(wanted, pool.map(self._under, wanted), strict=True))
                entries = [one.entry for own in found.values() for one in own]
                wanted = {e.removeprefix(UNDONE) for e in entries if e.startswith(UNDONE)} - found.keys()
        return [*chain.from_iterable(found.values())]

    def _under(self, profile_id: str) -> list[Decided]:
        """Those that lie under an id, save what leads to others': they say it themselves."""
        own = (one for one in self.log.of_profile(profile_id) if one.profile_id == profile_id)
        return [*islice(own, MOST_READ + 1)]

    def _views(self, profile: Profile, shown: Sequence[Decided], token: ApiToken) -> list[DecisionView]:
        events = {event.key: event for event in self.events.get({_key(one) for one in shown if "|" in one.event})}
        names = dict(profile.identifiers)
        unknown = {subject_of(one).hash for one in shown} - names.keys() - {""}
        names |= {h: owned.identifier.identifier for h, owned in self.profiles.ownerships(unknown).items()}
        mask = mask_for(token, values_of(names.values(), events.values()))
        return [_view(one, names, events.get(one.event), mask) for one in shown]


def _view(one: Decided, names: Mapping[str, Identifier], event: Event | None, mask: Mask | None) -> DecisionView:
    subject = subject_of(one)
    identifier = named(names[subject.hash], mask) if subject.hash in names else None
    through = [named(i.identifier, mask) for i in event.identifiers] if event else []
    told = Told(
        kind=subject.kind,
        reason=one.reason,
        identifier=_words(identifier) if identifier else "",
        other=subject.profile_id,
        through=[_words(view) for view in through if view != identifier],
    )
    return DecisionView(
        sentence=sentence(told),
        kind=subject.kind,
        reason=one.reason,
        profile_id=one.profile_id,
        identifier=identifier,
        other_profile_id=subject.profile_id or None,
        through=through,
        event=one.event,
        source_id=one.source_id,
        first=one.first,
        last=one.last,
        count=one.count,
        rules=one.rules,
    )


def _words(view: NamedView) -> str:
    return f"{view.namespace} {view.value}"


def _place(one: Decided) -> tuple[str, str, str]:
    return (one.last, one.profile_id, one.entry)


def _key(one: Decided) -> tuple[str, str]:
    pk, _, sk = one.event.partition("|")
    return pk, sk
