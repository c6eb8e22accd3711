"""Other people whose events name who is erased: the identifiers go out of those events, and they are folded again."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from functions.carry_out_requests.noting import OTHERS_EVENTS, PARTNERS
from functions.carry_out_requests.steps import HeldError
from functions.carry_out_requests.working import Work
from shared.aws.clients import dynamodb
from shared.aws.dynamo import Item, batch_get, to_attributes
from shared.domain.baselines import keys_of
from shared.domain.computed_attributes import OF_VALUES
from shared.domain.erasures import is_erasing
from shared.domain.profiles import Profile
from shared.domain.state import ProfileState
from shared.domain.stitching import Change, People
from shared.domain.suppression import without
from shared.people.rebuilding import Rebuilding
from shared.stores.contention import contention
from shared.stores.event_store import body_of
from shared.stores.profile_store import WriteReason

_NAMING_FACTS = ("merged:", "split:")
_DONE = (Rebuilding.WRITTEN, Rebuilding.SAME, Rebuilding.STOPPED, Rebuilding.GONE)


@dataclass(frozen=True, slots=True)
class OthersEvents:
    def found(self, work: Work) -> int:
        return sum(1 for item in self._items(work) if self._named(work, item))

    def erase(self, work: Work, after: str = "") -> Iterator[str]:
        for item in self._items(work):
            if self._named(work, item):
                self._redact(work, item)
                yield ""
        partners = work.noted.get(PARTNERS, [])
        for number in range(int(after or 0), len(partners)):
            self._fold_again(work, partners[number][0])
            yield str(number + 1)

    def _items(self, work: Work) -> Iterator[Item]:
        found = batch_get(work.doors.events.table, work.noted.get(OTHERS_EVENTS, []), consistent=True)
        return iter(found.values())

    def _named(self, work: Work, item: Mapping[str, Any]) -> bool:
        return any(hashed in work.person.whole for _, _, hashed in json.loads(item["identifiers"]))

    def _redact(self, work: Work, item: Mapping[str, Any]) -> None:
        """On condition that nobody has since: another erasure may take somebody else out of it."""
        left = [one for one in json.loads(item["identifiers"]) if one[2] not in work.person.whole]
        body = without(json.loads(body_of(item)), work.person.identifiers, work.doors.rules.get().naming)
        values = {":identifiers": _text(left), ":event": _text(body), ":before": item["identifiers"]}
        with contention():
            dynamodb().update_item(
                TableName=work.doors.events.table,
                Key=to_attributes({"pk": item["pk"], "sk": item["sk"]}),
                UpdateExpression="SET identifiers = :identifiers, #event = :event REMOVE packed",
                ConditionExpression="identifiers = :before",
                ExpressionAttributeNames={"#event": "event"},
                ExpressionAttributeValues=to_attributes(values),
            )

    def _fold_again(self, work: Work, profile_id: str) -> None:
        profile = work.doors.profiles.profile(profile_id)
        if profile is None or is_erasing(profile.frozen):
            return  # two who are erased at once must not wait for each other; what one says of the other goes with both
        if profile.frozen:
            raise HeldError(f"frozen {profile.frozen}")
        self._forget(work, profile)
        self._clean_baselines(work, profile)
        if work.doors.rebuilder.rebuild(profile.id, WriteReason("rebuild")) not in _DONE:
            raise HeldError("somebody else is frozen")

    def _forget(self, work: Work, profile: Profile) -> None:
        """Facts about others that name their ids; of who is stopped traits, too, since they aren't folded again."""
        kept = {fact: change for fact, change in profile.changes.items() if not _names(fact, work)}
        state = _without(profile.state, work) if profile.stopped else profile.state
        left = replace(profile, changes=kept, state=state)
        if left != profile:
            before, after = People(profiles={profile.id: profile}), People(profiles={profile.id: left})
            change = Change(frozenset({profile.id}), frozenset(), ())
            work.doors.profiles.put(before, after, change, WriteReason("rebuild", is_silent=True), datetime.now(UTC))

    def _clean_baselines(self, work: Work, profile: Profile) -> None:
        """Traits that events which have expired said of them."""
        profiles = work.doors.profiles
        people = profiles.people_of(profile.identifiers)
        for baseline in profiles.baselines(keys_of(people, profile.identifiers.keys())).values():
            state = _without(baseline.state, work)
            if state != baseline.state:
                with contention():
                    profiles.put_baseline(baseline, replace(baseline, state=state))


def _names(fact: str, work: Work) -> bool:
    return any(fact == f"{kind}{one}" for kind in _NAMING_FACTS for one in work.person.profile_ids)


def _without(state: ProfileState, work: Work) -> ProfileState:
    """Traits that say them, and computed attributes that keep a value which does: these begin anew."""
    whom, naming = work.person.identifiers, work.doors.rules.get().naming
    said = {"traits": {name: trait.value for name, trait in state.traits.items()}}
    left = without(said, whom, naming).get("traits", {})
    traits = {name: trait._replace(value=left[name]) for name, trait in state.traits.items() if name in left}
    computed = {
        key: part
        for key, part in state.computed.items()
        if part[0] not in OF_VALUES or without(part, whom, naming) == part
    }
    return replace(state, traits=traits, computed=computed)


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
