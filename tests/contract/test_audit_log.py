"""The doors to the audit log and to counted flows: appended once, read newest first over several ids; added up."""

from datetime import timedelta

import pytest

from shared.aws import clients
from shared.domain.auditing import KEPT, AuditEntry
from shared.domain.data_flows import Flow, Went
from shared.domain.times import to_text
from shared.stores.audit_log import AuditLog, NotAuditedError, place_of
from shared.stores.contention import ContentionError
from shared.stores.flow_counts import FlowCounts
from shared.stores.tables import LEDGER, TTL_ATTRIBUTE
from tests.contract.conftest import Dynamo
from tests.faults import Failing, client_error
from tests.people import NOW


def entry(profile_id: str, minute: int, **more: str | bool | tuple[str, ...]) -> AuditEntry:
    told = {"what": "read", "id": f"r{minute}", "actor": "desk", "place": "get_profile", **more}
    return AuditEntry(profile_id, to_text(NOW + timedelta(minutes=minute)), **told)  # type: ignore[arg-type]


ENTRIES = [
    entry("p1", 1, fields=("traits",), masked=True),
    entry(
        "p2",
        2,
        what="disclosed",
        id="crm#f1",
        destination="crm",
        purposes=("ads",),
        bases=("consent",),
        fields=("traits.a#b, c",),
    ),
    entry("p1", 3, what="changed"),
    entry("p2", 3, what="changed"),
]


def test_entries_come_back_as_they_were_appended_newest_first_and_go_on_behind_a_place(dynamo: Dynamo) -> None:
    log = AuditLog(dynamo.table(LEDGER))
    log.append(*ENTRIES)
    log.append(entry("p1", 3, what="changed", actor="somebody else"))
    newest = sorted(ENTRIES, key=place_of, reverse=True)
    assert [*log.newest(["p1", "p2", "p1"], page_size=1)] == newest
    for number, one in enumerate(newest):
        assert [*log.newest(["p1", "p2"], place_of(one))] == newest[number + 1 :]
    assert [*log.newest(["p3"])] == []
    ends = {item[TTL_ATTRIBUTE] for item in dynamo.items(LEDGER)}
    assert min(ends) == int((NOW + timedelta(minutes=1) + KEPT).timestamp())


def test_an_entry_that_cannot_be_written_is_an_error(dynamo: Dynamo, monkeypatch: pytest.MonkeyPatch) -> None:
    log = AuditLog(dynamo.table(LEDGER))
    busy = Failing(clients.dynamodb(), "put_item", client_error("ThrottlingException"), times=1)
    monkeypatch.setattr("shared.stores.audit_log.dynamodb", lambda: busy)
    with pytest.raises(NotAuditedError):
        log.append(*ENTRIES)


def test_flows_are_added_up_by_field_with_their_first_and_last_time(
    dynamo: Dynamo, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts, later = FlowCounts(dynamo.table(LEDGER)), NOW + timedelta(hours=1)
    many = {f"traits.t{number}": 1 for number in range(130)}
    counts.add("crm", "web", {"traits.a#b, c": 2}, ("old",), NOW)
    counts.add("crm", "web", {"traits.a#b, c": 3, **many}, ("ads",), later)
    counts.add("crm", "", {"identifiers.email": 1}, (), NOW)
    found = {(one.flow.source_id, one.flow.field): one for one in counts.all()}
    assert len(found) == 132
    flow = Flow("web", "traits.a#b, c")
    assert found[flow] == Went("crm", flow, 5, to_text(NOW), to_text(later), ("ads",))
    assert found["web", "traits.t129"].first == to_text(later)
    busy = Failing(clients.dynamodb(), "update_item", client_error("ThrottlingException"))
    monkeypatch.setattr("shared.stores.flow_counts.dynamodb", lambda: busy)
    with pytest.raises(ContentionError):
        counts.add("crm", "web", {"traits.plan": 1}, (), NOW)
