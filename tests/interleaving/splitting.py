"""Workers that do jobs of splits and undos with the real code, and what must hold when they are done."""

from collections.abc import Hashable, Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from functions.run_jobs import split, undo
from functions.run_jobs.handler import STEPS
from functions.run_jobs.settings import Doors
from shared.aws.dynamo import to_attributes, to_python
from shared.domain.computing import DECLARED
from shared.domain.events import Event
from shared.domain.identity_ledger import who_is_who
from shared.domain.jobs import Job
from shared.domain.times import to_text
from shared.people import splitting, undoing
from shared.stores import identity_log
from shared.stores.catalogue_store import CatalogueStore, VersionConflictError
from shared.stores.identity_log import decisions_in
from shared.stores.job_store import JobStore, _item
from shared.stores.profile_store import ContentionError, WriteReason
from tests.fakes.parts import Tables
from tests.interleaving.stitching import DOORS as STITCHING
from tests.interleaving.stitching import InTurn, everybody, over
from tests.interleaving.workers import Replay, Worker
from tests.people import NOW

DOORS = Doors(
    events=STITCHING.events,
    profiles=STITCHING.profiles,
    jobs=JobStore("ledger"),
    declared=STITCHING.declared,
    catalogue=CatalogueStore("catalogue"),
    jobs_queue_url="no queue",
    bus_name="no bus",
    bulk_above=10_000,
)


def replaying_jobs(replay: Replay, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything that could differ between two runs of a job stands still."""
    clock = type("Clock", (datetime,), {"now": classmethod(lambda cls, tz=None: NOW + timedelta(minutes=1))})
    for module in (split, splitting, undoing):
        monkeypatch.setattr(module, "datetime", clock)
    for module in (splitting, identity_log):
        monkeypatch.setattr(module, "ThreadPoolExecutor", InTurn)
    for module in (split, undo):
        monkeypatch.setattr(module, "new_id", replay.new_id)
    monkeypatch.setattr(undo.time, "sleep", lambda _: None)


def asked(tables: Tables, kind: str, job_id: str = "job1", **params: Any) -> Job:
    """A job that somebody has asked for."""
    job = Job(job_id, kind, "operator", to_text(NOW + timedelta(minutes=1)), {"rate": 1000, **params}, version=1)
    tables["ledger"]["jobs", job_id] = to_attributes(_item(job))
    return job


def doing(name: str, job_id: str = "job1") -> Worker:
    """Step by step, each saved, as run_jobs does it."""

    def run(_: Any) -> Hashable | None:
        job = DOORS.jobs.find(job_id)
        assert job
        if not job.is_open:
            assert job.state == "done", job.reason
            return None
        with suppress(ContentionError, VersionConflictError, ClientError):  # the next message goes on
            DOORS.jobs.put(STEPS[job.kind](DOORS, job, lambda: True), NOW)
        return job_id

    return Worker(name, run, job_id)


def check(tables: Tables, events: Iterable[Event]) -> None:
    """Nothing is lost or doubled, nobody stays frozen, the ledger says the same as the items, nor does a rebuild."""
    found = everybody(tables)
    live = [profile for profile in found if not profile.is_merged]
    assert [profile.frozen for profile in live if profile.frozen] == []
    assert sum(profile.state.event_count for profile in live) == len({event.key for event in events})
    with over(tables):
        for profile in live:
            if profile.declared != DECLARED.digest:  # what a split took apart came together, and asked for a rebuild
                DOORS.rebuilder.rebuild(profile.id, WriteReason("rebuild"))
    before = {name: dict(table) for name, table in tables.items()}
    with over(tables):
        known = DOORS.profiles.people_of({i.hash for event in events for i in event.identifiers})
        for profile in live:
            DOORS.rebuilder.rebuild(profile.id, WriteReason("rebuild"))
    assert {k: item for k, item in tables["profiles"].items() if k[1] == "P"} == {
        k: item for k, item in before["profiles"].items() if k[1] == "P"
    }
    entries = [to_python(item) for (pk, _), item in tables["ledger"].items() if pk.startswith("P#")]
    decided = who_is_who(one for entry in entries for one in decisions_in(entry))
    assert decided.periods == {hashed: ownership.periods for hashed, ownership in known.ownerships.items()}
    assert decided.merged_into == {profile.id: profile.merged_into for profile in found if profile.is_merged}
    assert {e["count"] for e in entries if not e["sk"].startswith("demoted#")} == {1}
    owners = [known.owner_of(event.identifiers[0].hash, event.time) for event in events]
    assert {owner.id for owner in owners if owner} == {profile.id for profile in live}
