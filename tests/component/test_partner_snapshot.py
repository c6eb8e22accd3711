"""What a partner may know by now: by the consent of today, with the sequences of facts, and in the audit log."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from cli.partner_snapshot import Snapshot, write
from events.partner.consumer import lines_of
from shared.domain.partners import pseudonym
from shared.domain.policy_packs import PolicyPack, QuietHours
from shared.domain.purposes import Purpose
from shared.domain.times import to_text
from shared.stores.audit_log import AuditLog
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.kept_purposes import KeptPacks, KeptPurposes
from shared.stores.profile_scan import ProfileScan
from shared.stores.refusal_store import RefusalStore
from shared.stores.suppression_store import open_suppressions
from shared.stores.tables import CATALOGUE, LEDGER, PROFILES, SUPPRESSIONS
from tests.component import test_deliver
from tests.component.stitched import stitch_into
from tests.component.test_deliver import person
from tests.component.test_deliver_partners import KEY, partner
from tests.conftest import Deployment
from tests.erased import KEYS
from tests.partner_kit import KIT
from tests.people import make_event
from tests.privacy import stopper

a_cold_function = test_deliver.a_cold_function


SETTLED = timedelta(seconds=10)
NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)


def lines(aws: Deployment, to: Path, now: datetime = NOW, **asked: Any) -> list[dict[str, Any]]:
    catalogue = CatalogueStore(aws.table(CATALOGUE))
    made = Snapshot(
        partner(aws, **asked),
        KEY,
        ProfileScan(aws.table(PROFILES)),
        RefusalStore(aws.table(PROFILES)),
        open_suppressions(aws.table(SUPPRESSIONS), KEYS),
        AuditLog(aws.table(LEDGER)),
        KeptPurposes(catalogue)(),
        KeptPacks(catalogue)(),
    )
    written = write(made, to, now - SETTLED, now)
    *found, end = lines_of(to)
    schema = Draft202012Validator(json.loads((KIT / "snapshot.schema.json").read_text()))
    for line in (*found, end):
        schema.validate(line)
    assert (len(found), to.stat().st_mode & 0o777) == (written, 0o600)
    assert end == {"at": to_text(now - SETTLED), "people": written}
    return found


def test_a_snapshot_has_who_granted_with_the_sequence_of_each_fact_and_nobody_else(
    aws: Deployment, tmp_path: Path
) -> None:
    granted, stopped = person(aws, advertising=True), person(aws, advertising=True, user="u2")
    person(aws, advertising=False, user="u3")
    person(aws, user="u4")
    stopper(aws).stop(stopped, "request 1")
    bought = {"type": "track", "event": "Order Completed", "userId": "u1"}
    stitch_into(aws, make_event(bought, days=2))
    [line] = lines(aws, tmp_path / "acme.jsonl.gz", purposes=("Advertising",), identifiers=("user_id",))
    assert line["person"] == {"id": pseudonym(KEY, granted), "identifiers": {"user_id": ["u1"]}}
    assert line["segments"] == {"bought_once": {"in": True, "sequence": 2}}
    assert line["consent"]["Advertising"] == {"state": "granted", "sequence": 1}
    assert line["sequence"] == 2
    [disclosed] = AuditLog(aws.table(LEDGER)).newest([granted])
    assert (disclosed.what, disclosed.destination) == ("disclosed", "crm")


def test_at_night_a_snapshot_says_of_who_granted_that_they_stay_and_no_more(aws: Deployment, tmp_path: Path) -> None:
    granted, catalogue = person(aws, advertising=True), CatalogueStore(aws.table(CATALOGUE))
    quiet = QuietHours("21:00", "08:00", "Asia/Seoul", ("sms",))
    catalogue.put(Purpose("texts", {"en": "Texts"}, is_advertising=True, signals=("Advertising",)))
    catalogue.put(PolicyPack("quiet", "Quiet", for_everybody=True, quiet_hours=quiet))
    by_night = NOW + timedelta(hours=12)
    [line] = lines(aws, tmp_path / "acme.jsonl.gz", by_night, purposes=("texts",), identifiers=("user_id",))
    assert line == {"person": {"id": pseudonym(KEY, granted)}, "sequence": 0, "segments": {}, "consent": {}}
