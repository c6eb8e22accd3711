"""The door to the profiles table and its identity ledger: people are read by batch, and written whole or not at all."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from datetime import datetime
from typing import Any

from shared.aws.clients import dynamodb
from shared.aws.dynamo import Item, Key, Segment, batch_get, query, scan_page, to_attributes
from shared.domain.baselines import Baseline, BaselineKey
from shared.domain.consent_records import ConsentRecord, records_of
from shared.domain.identity import Ownership
from shared.domain.identity_ledger import MERGED
from shared.domain.profiles import Profile, parts, sealed
from shared.domain.purposes import NONE_DECLARED, Purposes
from shared.domain.remembered import Bucket
from shared.domain.segments.memberships import Segments
from shared.domain.stitching import Change, LedgerKey, People
from shared.domain.told import Telling
from shared.stores import profile_items as items
from shared.stores.consent_log import ConsentLog, append_of, evidenced
from shared.stores.contention import ContentionError as ContentionError
from shared.stores.contention import contention
from shared.stores.due_marks import Mark, mark_item
from shared.stores.identity_log import entered, leading_to
from shared.stores.keys import DEMOTION, IDENTIFIER, PROFILE, RECENT, identifier_pk, profile_pk
from shared.stores.merge_log import merge_item
from shared.stores.move_log import led_item, moved_item
from shared.stores.pointers import FOLLOWED, NOW, Fits, followed, not_cut, pointed, pointer, unshortened

MOST_WRITES = 100
"""What one DynamoDB transaction takes."""


class TooManyWritesError(Exception):
    """More than one transaction can hold: try with fewer events."""


@dataclass(frozen=True, slots=True)
class WriteReason:
    """Why profiles are written: it travels along. A silent write tells nothing, one in bulk not of these segments."""

    cause: str = "live"
    correlation_id: str | None = None
    republish_from: str | None = None
    is_silent: bool = False
    in_bulk: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ProfileStore:
    """Profiles, ownerships and the ledger of one stage, by table name. Who only reads needs no ledger, and neither
    purposes nor segments: those say what is told.
    """

    profiles_table: str
    ledger_table: str = ""
    purposes: Callable[[], Purposes] = lambda: NONE_DECLARED
    segments: Callable[[int], Segments | None] = lambda told_by: None

    def telling(self, told_by: int = 0) -> Telling:
        """Where somebody was `told_by` newer segments than are known here, by those."""
        return Telling(self.purposes(), self.segments(told_by))

    def people_of(self, hashes: Collection[str], buckets: Collection[Bucket] = ()) -> People:
        """Everybody who owns or has owned these identifiers, merges followed; read consistently. Of what they remember
        of busy anchors, these buckets.
        """
        looked, hints = self._ownerships(hashes, consistent=False)
        # Until a strong look behind the profiles finds what they were read by: with an older ownership beside a newer
        # profile, an event could be folded into whom it doesn't belong to any more, and the profile's version would
        # allow it. So the first look may say what is over, and costs half for it.
        while True:
            owners = {period.profile_id for ownership in looked.values() for period in ownership.periods}
            people = People(looked, self._profiles(owners, buckets, hints))
            looked, hints = self._ownerships(hashes)
            if looked == people.ownerships:
                return people

    def ownerships(self, hashes: Collection[str]) -> dict[str, Ownership]:
        """Ownerships by hash; what nobody owns is left out."""
        return self._ownerships(hashes)[0]

    def _ownerships(self, hashes: Collection[str], consistent: bool = True) -> tuple[dict[str, Ownership], set[str]]:
        """Beside them the profiles to which their pointers lead: likely those that are wanted next."""
        found = self._read(((identifier_pk(hashed), IDENTIFIER) for hashed in hashes), consistent).values()
        owned = {ownership.identifier.hash: ownership for ownership in map(items.to_ownership, found)}
        return owned, {target for item in found if (target := pointed(item))}

    def profile(self, profile_id: str) -> Profile | None:
        """The live profile that an id stands for, or None where there never was one; without buckets."""
        return self.live({profile_id}).get(profile_id)

    def live(self, ids: Collection[str]) -> dict[str, Profile]:
        """The live profile that each id stands for, where there ever was one; without buckets."""
        people = People(profiles=self._profiles(ids))
        return {i: live for i in ids if (live := people.live(i)).version}

    def by_id(self, ids: Iterable[str]) -> dict[str, Profile]:
        """Profiles and tombstones, and those that these were merged into: by merges alone, whatever pointers say;
        without buckets.
        """
        return self._profiles(ids, fits=unshortened)

    def baselines(self, keys: Iterable[BaselineKey]) -> dict[BaselineKey, Baseline]:
        """The baselines that are stored, by key."""
        found = self._read(items.baseline_key(key) for key in keys)
        return {baseline.key: baseline for baseline in map(items.to_baseline, found.values())}

    def with_buckets(self, profile: Profile) -> Profile:
        """`profile` with all that it remembers."""
        found: dict[Bucket, bytes] = {}
        for anchor, busy in profile.busy.items():
            for profile_id in busy.beside:
                with contention():
                    pk = profile_pk(profile_id)
                    read = [*query(self.profiles_table, pk, prefix=f"{RECENT}{anchor}#", consistent=True)]
                for bucket, hashes in map(items.to_bucket, read):
                    found[bucket] = found.get(bucket, b"") + hashes
        return replace(profile, buckets=found)

    def put_buckets(self, profile: Profile) -> None:
        """Write what somebody who is about to be made remembers of busy anchors: whom they come from may be erased."""
        for bucket, hashes in profile.buckets.items():
            if parts(profile, bucket):
                with contention():
                    update = items.bucket_update(profile, bucket, hashes)
                    dynamodb().update_item(TableName=self.profiles_table, **update)

    def demoted(self, hashes: Iterable[str]) -> dict[str, set[str]]:
        """Event key -> those of these identifiers that were demoted on it."""
        found: dict[str, set[str]] = {}
        for hashed in hashes:
            with contention():
                pk = identifier_pk(hashed)
                read = query(self.profiles_table, pk, prefix=DEMOTION, consistent=True, names=("reason",))
                keys = [item["sk"] for item in read]
            for key in keys:
                found.setdefault(key.removeprefix(DEMOTION), set()).add(hashed)
        return found

    def put_baseline(self, before: Baseline | None, after: Baseline) -> None:
        """Write a baseline on condition that it is as it was read; ContentionError where it isn't."""
        self._write([self._baseline(before, after)])

    def _baseline(self, before: Baseline | None, after: Baseline) -> dict[str, Any]:
        item = to_attributes(items.baseline_item(after))
        put: dict[str, Any] = {"TableName": self.profiles_table, "Item": item}
        if before is None:
            return {"Put": {**put, "ConditionExpression": "attribute_not_exists(pk)"}}
        values = to_attributes({":read": before.covered_until})
        condition = {"ConditionExpression": "covered_until = :read", "ExpressionAttributeValues": values}
        return {"Put": {**put, **condition}}

    def scan_ids(self, segment: Segment) -> tuple[list[str], Key | None, int]:
        """Ids of the live profiles of a page, where to go on, None at the end, and how many items were read for it."""
        where = "#sk = :profile AND (attribute_exists(#state) OR attribute_exists(#packed))"
        with contention():
            items, after, read = scan_page(
                self.profiles_table, segment, ("state", "packed"), where, {":profile": PROFILE}
            )
        return [item["pk"].removeprefix(profile_pk("")) for item in items], after, read

    def live_ids(self, ids: Iterable[str]) -> dict[str, str]:
        """The id that each profile's id stands for now, by following merges; of no profile more is read."""
        asked = set(ids)

        def read(wanted: Collection[str]) -> dict[tuple[str, str], Item]:
            with contention():
                return batch_get(self.profiles_table, [(profile_pk(i), PROFILE) for i in wanted], names=FOLLOWED)

        return followed(asked, asked, read)[0]

    def _profiles(
        self, ids: Iterable[str], buckets: Collection[Bucket] = (), hints: Collection[str] = (), fits: Fits = not_cut
    ) -> dict[str, Profile]:
        """Profiles, and those that they stand for now; `hints` are read with them. A tombstone at a chain's beginning
        says who that is, not which merge came next.
        """
        asked = set(ids)
        ends, read = followed(
            asked, asked.union(hints), lambda wanted: self._read((profile_pk(i), PROFILE) for i in wanted), fits
        )
        found = {i: items.to_profile(item) for i in asked.union(ends.values()) if (item := read[i])}
        for i, end in ends.items():
            if i in found and found[i].is_merged and found[i].merged_into != end:
                found[i] = replace(found[i], merged_into=end)
        places = {
            (p.id, bucket): [items.bucket_key(i, bucket, n) for i in p.busy[bucket.anchor].beside for n in numbers]
            for p in found.values()
            for bucket in buckets
            if (numbers := parts(p, bucket))
        }
        sets = self._read({key for keys in places.values() for key in keys})
        for (profile_id, bucket), keys in places.items():
            hashes = b"".join(items.to_bucket(sets[key])[1] for key in keys if key in sets)
            profile = found[profile_id]
            found[profile_id] = replace(profile, buckets={**profile.buckets, bucket: hashes})
        return found

    def _read(self, keys: Iterable[tuple[str, str]], consistent: bool = True) -> dict[tuple[str, str], Item]:
        with contention():
            return batch_get(self.profiles_table, keys, consistent=consistent)

    def put_as_is(self, profile: Profile, reason: WriteReason, now: datetime) -> None:
        """Write somebody as they were read, and what is told of them and marked now; ContentionError as `put`."""
        people = {profile.id: profile}
        before, after = People(profiles=people), People(profiles=people, fenced={profile.id})
        self.put(before, after, Change(frozenset(people), frozenset(), ()), reason, now)

    def put(self, before: People, after: People, change: Change, reason: WriteReason, now: datetime) -> None:
        """Write one change whole, on condition that everything is as it was read.

        ContentionError where it isn't; TooManyWritesError and ProfileTooLargeError where it can't be.
        """
        profiles = sorted(change.profiles & after.profiles.keys())
        said_before = (before.profiles[p].state.consent for p in change.profiles & before.profiles.keys())
        consents = records_of(said_before, change.events, self.purposes())
        writes = [w for p in profiles for w in self._profile_writes(before, after, p, reason, now, consents)]
        writes += [append_of(self.ledger_table, record, now) for record in consents]
        writes += [self._claim(before.ownerships.get(h), after.ownerships[h], now) for h in sorted(change.identifiers)]
        moved = sorted(change.identifiers & before.ownerships.keys())
        writes += [self._recorded(moved_item(hashed, now)) for hashed in moved]
        versions = {p: after.profiles[p].version + 1 for p in profiles}
        entries = {key: entry for key, entry in after.ledger.items() if key.profile_id in change.profiles}
        writes += entered(self.ledger_table, entries, versions, now)
        writes += [
            self._recorded(item) for key, entry in entries.items() for item in leading_to(key, entry, before, after)
        ]
        writes += [
            {"Put": {"TableName": self.profiles_table, "Item": to_attributes(items.demotion_item(h, reason, event))}}
            for event in change.events
            for h, reason in after.demotions.get(event.key, ())
        ]
        self._write(writes)

    def _profile_writes(
        self,
        before: People,
        after: People,
        profile_id: str,
        reason: WriteReason,
        now: datetime,
        consents: Sequence[ConsentRecord],
    ) -> list[dict[str, Any]]:
        old, new = before.profiles.get(profile_id), after.profiles[profile_id]
        if old is new and profile_id not in after.fenced:
            return []
        purposes, log = self.purposes(), ConsentLog(self.ledger_table)
        final = evidenced(sealed(new, now, self.telling(new.told_by)), consents, log, purposes, now)
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
        if old:
            condition = {
                "ConditionExpression": "version = :version",
                "ExpressionAttributeValues": {":version": {"N": str(old.version)}},
            }
        item = items.profile_item(final, *astuple(reason))
        writes = [{"Put": {"TableName": self.profiles_table, "Item": to_attributes(item), **condition}}]
        writes += [self._recorded(mark_item(Mark(one, final.id))) for one in final.due if one not in new.due]
        writes += [
            {"Update": {"TableName": self.profiles_table, **items.bucket_update(final, bucket, hashes)}}
            for bucket, hashes in final.moved.items()
        ]
        if final.merged_into and not (old and old.is_merged):
            made_by = after.ledger[LedgerKey(final.merged_into, f"{MERGED}{final.id}")]
            writes.append(self._recorded(merge_item(final.id, final.merged_into, now, made_by)))
        elif old and final.merged_into and final.merged_into != old.merged_into:
            writes.append(self._recorded(led_item(final.id, final.merged_into, now)))
        return writes

    def _recorded(self, item: Item) -> dict[str, Any]:
        return {"Put": {"TableName": self.ledger_table, "Item": to_attributes(item)}}

    def _claim(self, old: Ownership | None, new: Ownership, now: datetime) -> dict[str, Any]:
        # The pointer keeps off one that an earlier merge has yet to write.
        led = {NOW: pointer(new.periods[-1].profile_id, now)} if old else {}
        put: dict[str, Any] = {
            "TableName": self.profiles_table,
            "Item": to_attributes({**items.ownership_item(new), **led}),
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        if old:
            put["ConditionExpression"] = "periods = :periods"
            put["ExpressionAttributeValues"] = {":periods": {"S": items.periods_text(old)}}
        return {"Put": put}

    def _write(self, writes: Sequence[Mapping[str, Any]]) -> None:
        if len(writes) > MOST_WRITES:
            raise TooManyWritesError(f"{len(writes)} writes")
        with contention():
            if len(writes) == 1 and "Put" in writes[0]:
                dynamodb().put_item(**writes[0]["Put"])
            elif writes:
                dynamodb().transact_write_items(TransactItems=list(writes))  # type: ignore[arg-type]
