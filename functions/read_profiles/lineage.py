"""What a person's lineage is made of: their stored events, the items under their keys, and the audit log."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice

from shared.contracts.lineage import (
    DisclosedFieldView,
    DisclosedView,
    FieldLineageView,
    HeldView,
    LineageView,
    OfSourceView,
)
from shared.contracts.read import OriginView
from shared.domain.auditing import AuditEntry
from shared.domain.baselines import StoredEvent
from shared.domain.data_flows import fields_configured
from shared.domain.destinations import Destination
from shared.domain.lineage import UNTOLD, Disclosed, OfSource, by_destination, by_source, passing
from shared.domain.profiles import Profile
from shared.domain.purposes import Purposes, bases_of
from shared.domain.sources import Source
from shared.stores.audit_log import AuditLog
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.event_store import EventStore
from shared.stores.held_items import HeldItems
from shared.stores.profile_store import ProfileStore

MOST_READ = 5_000
"""Events, and entries of the audit log, that are read of a person."""


@dataclass(frozen=True, slots=True)
class Lineage:
    events: EventStore
    profiles: ProfileStore
    items: HeldItems
    audit: AuditLog
    catalogue: CatalogueStore

    def of_person(self, person: Profile, now: datetime) -> LineageView:
        events, entries = [*islice(self._events(person), MOST_READ + 1)], self._entries(person)
        sources = by_source(events[:MOST_READ])
        return LineageView(
            profile_id=person.id,
            merged_profile_ids=person.merged_ids,
            stores=[*self._tables(person, sources, len(entries)), *_beside(sources, now)],
            sources=[
                OfSourceView(**{name: getattr(one, name) for name in OfSourceView.model_fields}) for one in sources
            ],
            destinations=[_view(one) for one in by_destination(entries)],
            complete=max(len(events), len(entries)) <= MOST_READ,
        )

    def of_field(self, person: Profile, field: str, origins: list[OriginView], purposes: Purposes) -> FieldLineageView:
        entries = self._entries(person)
        live = (one for one in self.catalogue.list(Destination) if one.state == "live")
        may = [one for one in live if field in fields_configured(one)]
        own = [one.id for one in purposes.by_id.values() if field.removeprefix("traits.") in one.traits]
        needed = [*dict.fromkeys([*chain.from_iterable(one.purposes for one in may), *own])]
        sources = {origin.source_id: self.catalogue.find(Source, origin.source_id) for origin in origins}
        return FieldLineageView(
            profile_id=person.id,
            field=field,
            origins=origins,
            mappings={source_id: one.mapping for source_id, one in sources.items() if one and one.mapping},
            needed_by=[one.id for one in may],
            purposes=needed,
            bases=[*bases_of(needed, purposes)],
            destinations=[_view(one) for one in by_destination(entries, field)],
            complete=len(entries) <= MOST_READ,
        )

    def _events(self, person: Profile) -> Iterator[StoredEvent]:
        """Those that were theirs when they happened, expired ones too while they are there."""
        people = self.profiles.people_of(person.identifiers.keys())
        for anchor in sorted(person.identifiers):
            for stored in self.events.kept_of_anchor(anchor):
                owner = people.owner_of(anchor, stored.event.time)
                if owner and owner.id == person.id:
                    yield stored

    def _entries(self, person: Profile) -> list[AuditEntry]:
        return [*islice(self.audit.newest(_ids(person)), MOST_READ + 1)]

    def _tables(self, person: Profile, sources: Sequence[OfSource], entries: int) -> Iterator[HeldView]:
        ends = max((one.expires_last for one in sources), default=None)
        stored = sum(one.events for one in sources)
        yield HeldView(store="events", what="events", count=stored, until=ends)
        yield HeldView(store="bucket: lake/events/", what="the same events, gone 30 days later", count=None, until=ends)
        found = self.items.of_profiles_table(_ids(person), person.identifiers)
        for kind, number in sorted(found.items()):
            yield HeldView(store="profiles", what=kind, count=number, until=None)
        decisions = self.items.decisions(_ids(person), person.identifiers)
        yield HeldView(store="ledger", what="decisions on who is who", count=decisions, until=None)
        consent = self.items.consent(person.identifiers)
        yield HeldView(store="ledger", what="records of consent", count=consent, until=None)
        yield HeldView(store="ledger", what="entries of the audit log, each for two years", count=entries, until=None)


def _beside(sources: Sequence[OfSource], now: datetime) -> Iterator[HeldView]:
    """Copies that go by themselves, and what can't be asked by person."""
    last = max((one.stored_last for one in sources), default="")
    for copy, until in passing(last, now).items():
        yield HeldView(store=copy.store, what=copy.what, count=None, until=until)
    for copy in UNTOLD:
        days = f"; {copy.days} days" if copy.days else ""
        yield HeldView(store=copy.store, what=f"{copy.what}{days}", count=None, until=None)


def _ids(person: Profile) -> list[str]:
    return [person.id, *person.merged_ids]


def _view(one: Disclosed) -> DisclosedView:
    return DisclosedView(
        destination_id=one.destination_id,
        count=one.count,
        first=one.first,
        last=one.last,
        purposes=[*one.purposes],
        bases=[*one.bases],
        fields=[
            DisclosedFieldView(field=name, first=first, last=last, count=count)
            for name, (first, last, count) in one.fields.items()
        ],
    )
