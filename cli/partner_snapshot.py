"""Everything that a partner may know by now, person by person: to start from, and to get right after a gap."""

import gzip
import json
import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from cli.deployment import Deployment
from shared.aws.batching import chunks
from shared.aws.secrets import secret_text
from shared.contracts.partners import PartnerPerson, SnapshotConsent, SnapshotEnd, SnapshotLine, SnapshotSegment
from shared.destinations.fields import fields_for
from shared.domain.auditing import AuditEntry, fields_of
from shared.domain.consent_deadlines import RECONFIRM
from shared.domain.consenting import Consenting
from shared.domain.destinations import Destination
from shared.domain.facts import DetailType
from shared.domain.gate import Passage, Permitted, Withheld, passage
from shared.domain.identity import STOPPED
from shared.domain.partners import former, own_id, pseudonym
from shared.domain.policy_packs import PolicyPack
from shared.domain.profiles import Change, Profile
from shared.domain.purposes import Purposes, bases_of
from shared.domain.refusals import heeded
from shared.domain.times import to_text
from shared.domain.told import is_in
from shared.stores.audit_log import AuditLog
from shared.stores.kept_purposes import KeptPacks, KeptPurposes
from shared.stores.profile_scan import ProfileScan
from shared.stores.refusal_store import RefusalStore
from shared.stores.suppression_store import SuppressionStore, open_suppressions

SETTLED_SECONDS = 10.0
"""What was written so long before is read for certain, and clocks differ by less."""

_AT_ONCE, _READ_AT_ONCE = 8, 500


@dataclass(frozen=True, slots=True)
class Snapshot:
    """`key` makes the partner's pseudonyms."""

    partner: Destination
    key: bytes
    people: ProfileScan
    refusals: RefusalStore
    suppressions: SuppressionStore
    audit: AuditLog
    purposes: Purposes
    packs: Mapping[str, PolicyPack]

    @property
    def known_by(self) -> str:
        return self.partner.partner_bus.known_by if self.partner.partner_bus else ""

    def lines(self, now: datetime, name: str) -> Iterator[SnapshotLine]:
        """A person each, in no order; whom the partner may not know is left out. At night there is no more of a person
        than that they stay. Each is in the audit log before it is given out.
        """
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for people in chunks(self.people.everybody(), _READ_AT_ONCE):
                yield from filter(None, pool.map(partial(self._line_of, now=now, name=name), people))

    def _line_of(self, profile: Profile, now: datetime, name: str) -> SnapshotLine | None:
        asked = self._asked(profile, now)
        if isinstance(asked, Withheld):
            return None
        may = asked if isinstance(asked, Permitted) else None
        fields = fields_for(self.partner, profile, may.withheld) if may else {}
        self._disclose(profile, fields, now, name)
        return self._line(profile, fields, may)

    def _asked(self, profile: Profile, now: datetime) -> Passage:
        if profile.stopped or (self.known_by and own_id(profile, self.known_by) is None):
            return Withheld(STOPPED if profile.stopped else "not_known_by")
        person = Consenting(profile.state, self.purposes, self.packs, now)
        found = passage(self.partner, person)
        if isinstance(found, Withheld):
            return found  # most people: nothing is read for them
        if self.suppressions.any_of(profile.identifiers.values(), to_text(now)):
            return Withheld("suppressed")
        refusals = self.refusals.find(profile.identifiers.keys())
        state = replace(profile.state, consent=heeded(profile.state.consent, refusals))
        return passage(self.partner, replace(person, state=state)) if refusals else found

    def _line(self, profile: Profile, fields: Mapping[str, Any], may: Permitted | None) -> SnapshotLine:
        person = PartnerPerson(
            id=pseudonym(self.key, profile.id),
            formerly=tuple(pseudonym(self.key, one) for one in former(profile)),
            external_id=own_id(profile, self.known_by) if self.known_by and may else None,
            identifiers=fields.get("identifiers", {}),
            traits=fields.get("traits", {}),
            withheld=may.withheld if may else (),
        )
        if may is None:
            return SnapshotLine(person=person, sequence=0)
        segments = self._told(profile, "Segment Entered", "segment:")
        consent = self._told(profile, "Consent Changed", "consent:")
        return SnapshotLine(
            person=person,
            sequence=profile.version,
            segments={key: SnapshotSegment(is_in=is_in(one.value), sequence=one.version) for key, one in segments},
            consent={key: _standing(one) for key, one in consent},
        )

    def _told(self, profile: Profile, detail_type: DetailType, start: str) -> list[tuple[str, Change]]:
        """What such facts told last, by their subject, where the partner is told them."""
        told = profile.changes.items() if detail_type in self.partner.detail_types else ()
        return [(key.removeprefix(start), one) for key, one in told if key.startswith(start)]

    def _disclose(self, profile: Profile, fields: Mapping[str, Any], now: datetime, name: str) -> None:
        entry = AuditEntry(
            profile_id=profile.id,
            at=to_text(now),
            what="disclosed",
            id=f"{self.partner.id}#{name}",
            actor="command",
            place="partner_snapshot",
            fields=fields_of("snapshot", fields),
            destination=self.partner.id,
            purposes=self.partner.purposes,
            bases=bases_of(self.partner.purposes, self.purposes),
        )
        self.audit.append(entry)


def snapshot_of(deployed: Deployment, partner: Destination) -> Snapshot:
    [key] = json.loads(secret_text(partner.secret_name))
    tables = deployed.profiles_table.removesuffix("profiles")
    return Snapshot(
        partner=partner,
        key=key.encode(),
        people=ProfileScan(deployed.profiles_table),
        refusals=RefusalStore(deployed.profiles_table),
        suppressions=open_suppressions(f"{tables}suppressions", f"jogakbo/{deployed.stage}/suppression-keys"),
        audit=AuditLog(deployed.ledger_table),
        purposes=KeptPurposes(deployed.catalogue)(),
        packs=KeptPacks(deployed.catalogue)(),
    )


def write(snapshot: Snapshot, to: Path, at: datetime, now: datetime) -> int:
    """How many people were written, a line of JSON each, compressed, and a last one that says so. It answers for all
    that happened before `at`, SETTLED_SECONDS before now. Nobody else may read the file.
    """
    written = 0
    descriptor = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file, gzip.open(file, "wt", encoding="utf-8") as text:
        for line in snapshot.lines(now, f"snapshot-{to_text(now)}"):
            text.write(f"{line.model_dump_json(by_alias=True)}\n")
            written += 1
        text.write(f"{SnapshotEnd(at=to_text(at), people=written).model_dump_json()}\n")
    return written


def _standing(told: Change) -> SnapshotConsent:
    is_due = told.value == RECONFIRM
    said = {"state": "granted" if is_due else told.value, "sequence": told.version, "reconfirmation_due": is_due}
    return SnapshotConsent.model_validate(said)
