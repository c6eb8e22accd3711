"""Gathering everything that is held of a person, read as it is written: however much it is, little is in memory."""

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime

from shared.domain import exports
from shared.domain.computed_attributes import CONTACT_LOGGED
from shared.domain.computing import Declarations
from shared.domain.events import Event
from shared.domain.exports import Row, Section
from shared.domain.profiles import Profile
from shared.domain.purposes import Purposes
from shared.domain.stitching import People
from shared.stores.audit_log import AuditLog
from shared.stores.consent_log import ConsentLog
from shared.stores.event_store import EventStore
from shared.stores.group_store import GroupStore
from shared.stores.identity_log import IdentityLog
from shared.stores.profile_store import ProfileStore
from shared.stores.request_store import RequestStore


@dataclass(frozen=True, slots=True)
class Exporter:
    events: EventStore
    profiles: ProfileStore
    log: IdentityLog
    audit: AuditLog
    requests: RequestStore
    consents: ConsentLog
    groups: GroupStore

    def everything(self, profile: Profile, declared: Declarations, purposes: Purposes, now: datetime) -> list[Section]:
        """What is known, how it came to be, where it went, and all that happened, anonymous history included."""
        ids = (profile.id, *profile.merged_ids)
        people = self.profiles.people_of(profile.identifiers)
        decided = (one for profile_id in ids for one in self.log.of_profile(profile_id) if one.profile_id == profile_id)
        return [
            Section("profile", [exports.about(profile)]),
            Section("identifiers", exports.identifiers(profile, people)),
            Section("traits", exports.traits(profile)),
            Section("consent", exports.consents(profile, purposes, now)),
            Section("consent_records", self._consents(profile, people)),
            Section("groups", self._groups(profile, people)),
            Section("segments", ({"name": name} for name in profile.segments)),
            Section("computed", exports.computed(profile, declared, now)),
            Section("counts", exports.counts(profile)),
            Section("decisions", exports.decisions(decided, profile)),
            Section("disclosures", exports.disclosures(self.audit.newest(ids))),
            Section("accesses", exports.accesses(self.audit.newest(ids))),
            Section("requests", exports.requests(self.requests.all(), profile)),
            Section("contacts", by_time(exports.contacts(self._contacted(profile)))),
            Section("events", by_time(map(exports.event_row, self._own_events(profile)))),
        ]

    def provided(self, profile: Profile, sources: Collection[str]) -> list[Section]:
        """What the person provided through these sources."""
        named = ({"namespace": i.namespace, "value": i.value} for i in sorted(profile.identifiers.values()))
        own = (event for event in self._own_events(profile) if event.source_id in sources)
        return [
            Section("identifiers", named),
            Section("traits", (row for row in exports.traits(profile) if row["source_id"] in sources)),
            Section("events", by_time(map(exports.event_row, own))),
        ]

    def _consents(self, profile: Profile, people: People) -> Iterator[Row]:
        for record in self.consents.newest(profile.identifiers):
            if _owns(people, profile, record.key.anchor, record.key.time):
                yield exports.consent_record(record, profile)

    def _groups(self, profile: Profile, people: People) -> Iterator[Row]:
        for anchor in sorted(profile.identifiers):
            for group_id, since in self.groups.of_anchor(anchor):
                if _owns(people, profile, anchor, since):
                    yield {"group_id": group_id, "since": since}

    def _contacted(self, profile: Profile) -> Iterator[Event]:
        """Their events, where contacts are among them."""
        return self._own_events(profile) if CONTACT_LOGGED in profile.state.events else iter(())

    def _own_events(self, profile: Profile) -> Iterator[Event]:
        """Of all identifiers, for as long as each was theirs."""
        people = self.profiles.people_of(profile.identifiers.keys())
        for anchor in sorted(profile.identifiers):
            for _, event in self.events.of_anchor(anchor):
                if _owns(people, profile, anchor, event.time):
                    yield event


def by_time(rows: Iterable[Row]) -> Iterator[Row]:
    """Sorted on disk, by SQLite in a file that goes with it: keys of events have clients' clocks."""
    with closing(sqlite3.connect("")) as scratch:
        scratch.execute("CREATE TABLE told (time TEXT, row TEXT)")
        told = ((row["time"], json.dumps(row, ensure_ascii=False)) for row in rows)
        scratch.executemany("INSERT INTO told VALUES (?, ?)", told)
        for (row,) in scratch.execute("SELECT row FROM told ORDER BY time, rowid"):
            yield json.loads(row)


def _owns(people: People, profile: Profile, anchor: str, time: str) -> bool:
    """A device or a moved e-mail also holds what is of others."""
    owner = people.owner_of(anchor, time)
    return owner is not None and owner.id == profile.id
