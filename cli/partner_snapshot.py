"""Everything that a partner may know by now, person by person: to start from, and to get right after a gap."""

import gzip
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from cli.deployment import Deployment
from shared.aws.secrets import secret_text
from shared.destinations.fields import fields_for
from shared.domain.auditing import AuditEntry, fields_of
from shared.domain.catalogue import Destination
from shared.domain.consenting import Consenting
from shared.domain.gate import Permitted, passage
from shared.domain.partners import former, own_id, pseudonym
from shared.domain.policy_packs import PolicyPack
from shared.domain.profiles import Profile
from shared.domain.purposes import Purposes, bases_of
from shared.domain.refusals import heeded
from shared.domain.times import to_text
from shared.domain.told import is_in
from shared.stores.audit_log import AuditLog
from shared.stores.kept_rules import KeptPacks, KeptPurposes
from shared.stores.profile_scan import ProfileScan
from shared.stores.refusal_store import RefusalStore
from shared.stores.suppression_store import SuppressionStore, open_suppressions


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

    def lines(self, now: datetime, name: str) -> Iterator[dict[str, Any]]:
        """A person each, in no order; whoever the gate doesn't let through now is left out. Each is in the audit log
        before it is given out.
        """
        for profile in self.people.everybody():
            asked = self._asked(profile, now)
            if asked is not None:
                fields = fields_for(self.partner, profile, asked.withheld)
                self._disclose(profile, fields, now, name)
                yield self._line(profile, fields)

    def _asked(self, profile: Profile, now: datetime) -> Permitted | None:
        if profile.stopped or (self.known_by and own_id(profile, self.known_by) is None):
            return None
        if self.suppressions.any_of(profile.identifiers.values(), to_text(now)):
            return None
        refusals = self.refusals.find(profile.identifiers.keys())
        state = replace(profile.state, consent=heeded(profile.state.consent, refusals))
        found = passage(self.partner, Consenting(state, self.purposes, self.packs, now))
        return found if isinstance(found, Permitted) else None

    def _line(self, profile: Profile, fields: Mapping[str, Any]) -> dict[str, Any]:
        """With each value the `sequence` of the fact that told it, to compare with facts that come."""
        told = {"Segment Entered": "segment:", "Consent Changed": "consent:"}
        kinds = tuple(start for fact, start in told.items() if fact in self.partner.detail_types)
        known = {key: one for key, one in profile.changes.items() if key.startswith(kinds)} if kinds else {}
        values = {key: "granted" if one.value == "due" else one.value.partition(":")[0] for key, one in known.items()}
        return {
            "person": {
                "id": pseudonym(self.key, profile.id),
                "formerly": [pseudonym(self.key, one) for one in former(profile)],
                **({"external_id": own_id(profile, self.known_by)} if self.known_by else {}),
                **fields,
            },
            "sequence": profile.version,
            "segments": {
                key.partition(":")[2]: {"in": is_in(values[key]), "sequence": one.version}
                for key, one in known.items()
                if key.startswith("segment:")
            },
            "consent": {
                key.partition(":")[2]: {"state": values[key], "sequence": one.version}
                for key, one in known.items()
                if key.startswith("consent:")
            },
        }

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


def write(snapshot: Snapshot, to: Path, now: datetime) -> int:
    """How many people were written, a line of JSON each, compressed; nobody else may read the file."""
    written = 0
    descriptor = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file, gzip.open(file, "wb") as text:
        for line in snapshot.lines(now, f"snapshot-{to_text(now)}"):
            text.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
            written += 1
    return written
