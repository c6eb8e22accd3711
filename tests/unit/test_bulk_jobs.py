"""A backfill decides once whether it tells in bulk, and tells the same where it is told again."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from functions.run_jobs import bulk
from shared.aws.batching import StillFailingError
from shared.aws.bus import BusEntry
from shared.contracts.bus import SegmentChangedInBulk
from shared.destinations.bulk_lines import body_of, without_lines
from shared.destinations.contract import Line
from shared.domain.jobs import BULK, STOP, Job
from shared.domain.receipts import REMAINS
from shared.domain.segments.definition import OfEvents, Segment
from shared.domain.selections import FOUND
from shared.stores.delivery_store import KEPT
from shared.stores.job_store import PEOPLE_KEPT

VIP = Segment("vip", "VIP", OfEvents("Order Completed"), state="live", version=3)
NOBODY_LEFT = SimpleNamespace(people=lambda *_: [])
CATALOGUE = SimpleNamespace(list=lambda kind: [VIP])
DOORS: Any = SimpleNamespace(bulk_above=10, bus_name="bus", catalogue=CATALOGUE, jobs=NOBODY_LEFT)


def job(found: int = 11, publish: bool = True, **rest: Any) -> Job:
    params = {"segment": "vip", "publish": publish, "rate": 10}
    position = {FOUND: found, **rest.pop("position", {})}
    at = "2026-11-22T10:00:00.000Z"
    return Job("j", "backfill", "operations", at, params, updated_at=at, position=position, **rest)


@pytest.mark.parametrize(("found", "publish", "told"), [(11, True, ["vip"]), (10, True, None), (11, False, None)])
def test_more_people_than_the_threshold_are_told_of_in_bulk_unless_nothing_is_told(
    found: int, publish: bool, told: list[str] | None
) -> None:
    assert bulk.decided(DOORS, job(found, publish)).position.get(BULK) == told


def test_a_fact_that_is_told_again_is_the_same_and_a_bus_that_takes_none_fails_the_step(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    entries: list[BusEntry] = []
    monkeypatch.setattr(bulk, "put_entries", lambda bus, some: entries.extend(some) or [])
    one = job(counts={"entered vip": 9, "exited vip": 2}, position={BULK: ["vip", "nobody"], STOP: True})
    after = bulk.told(DOORS, one)
    assert STOP not in after.position
    bulk.told(DOORS, one)
    [said, again] = [SegmentChangedInBulk.model_validate(json.loads(entry.detail)) for entry in entries]
    assert (said, said.data.entered, said.data.exited, said.data.version) == (again, 9, 2, 3)
    bulk.told(DOORS, after)
    assert json.loads(entries[-1].detail)["metadata"]["id"] != said.metadata.id
    monkeypatch.setattr(bulk, "put_entries", lambda bus, some: some)
    with pytest.raises(StillFailingError):
        bulk.told(DOORS, one)


def test_whom_a_job_is_about_is_known_for_longer_than_its_fact_may_be_held_and_an_erasure_names_the_list() -> None:
    assert PEOPLE_KEPT > KEPT
    [named] = [one for one in REMAINS if one.what == "lists of whom changes in bulk held"]
    assert named.days == PEOPLE_KEPT.days


def test_a_line_is_taken_out_of_a_file_by_its_id_and_the_others_stay_as_they_are() -> None:
    lines = [Line(name, json.dumps({"id": name, "text": "a\u2028b"}, ensure_ascii=False)) for name in ("1", "2", "3")]
    assert body_of(lines) == body_of(lines)
    assert without_lines(body_of(lines), {"2", "9"}) == (body_of([lines[0], lines[2]]), 1)
