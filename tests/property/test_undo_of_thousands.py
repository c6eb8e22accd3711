"""Thousands merged by one cause are found, previewed and undone, each as before: the real code over a fake."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from functions.run_jobs.handler import STEPS
from functions.stitch_identities import people
from shared.domain.events import Event
from shared.domain.identity_rules import RULES, IdentityRules, Limit
from shared.domain.jobs import Job
from shared.domain.state import to_json
from shared.domain.undoing import Cause
from tests.fakes.parts import Tables
from tests.interleaving.splitting import DOORS, asked, replaying_jobs
from tests.interleaving.stitching import doors, everybody, over, replaying, stored
from tests.people import NOW, make_event

RAISED = replace(RULES, limits={"user_id": Limit(1)})
SHARED = "shared-login"
SINCE = "2026-11-20T00:00:00.000Z"
HOW_MANY = pytest.mark.parametrize("number", [60, pytest.param(5_000, marks=pytest.mark.slow)])


@pytest.fixture(autouse=True)
def _same_every_time(monkeypatch: pytest.MonkeyPatch) -> None:
    replaying_jobs(replaying(monkeypatch), monkeypatch)


def stitched(events: Sequence[Event], rules: IdentityRules) -> Tables:
    tables = stored(events)
    with over(tables):
        for place in range(0, len(events), 100):
            unfinished = people.stitch_events(doors(rules), events[place : place + 100], "live")
            assert not unfinished.events + unfinished.held
    return tables


def undone(tables: Tables, cause: Cause) -> Job:
    """The job carried to its end."""
    params = {"cause": {name: getattr(cause, name) for name in Cause.__slots__}}
    asked(tables, "undo", **params)
    with over(tables):
        job = DOORS.jobs.find("job1")
        assert job
        while job.is_open:
            job = DOORS.jobs.put(STEPS["undo"](DOORS, job, lambda: True), NOW)
        return job


def contents(tables: Tables, without: str = "") -> Iterator[Any]:
    for profile in everybody(tables):
        values = sorted(identifier.value for identifier in profile.identifiers.values())
        if not profile.is_merged and without not in values:
            assert not profile.frozen
            yield values, to_json(profile.state)


def visits(number: int) -> list[Event]:
    return [make_event({"anonymousId": f"a{n}", "event": "Seen"}, n / 1000, f"m{n}") for n in range(number)]


def as_everybody(numbers: Iterable[int]) -> list[Event]:
    bodies = ((n, {"userId": SHARED, "anonymousId": f"a{n}", "event": "Bought"}) for n in numbers)
    return [make_event(body, 6 + n / 1000, f"s{n}") for n, body in bodies]


@pytest.mark.timeout(1800)
@HOW_MANY
def test_people_merged_through_one_identifier_are_found_previewed_and_each_as_before(number: int) -> None:
    before = visits(number)
    tables = stitched([*before, *as_everybody(range(number))], RAISED)
    shared = make_event({"userId": SHARED}).identifiers[0].hash
    merged = sum(profile.is_merged for profile in everybody(tables))
    assert merged == number - 1 if number < 100 else merged > 500
    cause = Cause(SINCE, through=shared)
    with over(tables):
        affected = DOORS.undoer.affected(cause, NOW + timedelta(hours=1))
        assert (len(affected.ids), affected.merges) == (1, merged)
        job = asked(tables, "undo", "preview", cause={})
        planned = DOORS.undoer.plan(job, affected.ids[0], cause, DOORS_IDS)
        assert planned
        assert len(planned.parts) == merged + 1
    ended = undone(tables, cause)
    assert (ended.state, ended.counts["new people"]) == ("done", merged + 1)
    assert sorted(contents(tables, without=SHARED)) == sorted(contents(stitched(before, RAISED)))
    alone = [values for values, _ in contents(tables) if SHARED in values]
    assert alone == [[SHARED]]


DOORS_IDS = iter(map(str, range(1_000_000))).__next__


@pytest.mark.timeout(1800)
@HOW_MANY
def test_merges_made_by_one_source_are_undone_and_each_is_as_before(number: int) -> None:
    known = [make_event({"userId": f"u{n}", "event": "Seen"}, n / 1000, f"k{n}") for n in range(number)]
    bodies = ({"userId": f"u{n}", "anonymousId": f"a{n}", "event": "Joined"} for n in range(number))
    joining = [replace(make_event(b, 6, f"j{n}"), source_id="src_bad") for n, b in enumerate(bodies)]
    tables = stitched([*visits(number), *known, *joining], RULES)
    cause = Cause(SINCE, source_id="src_bad")
    with over(tables):
        affected = DOORS.undoer.affected(cause, NOW + timedelta(hours=1))
    assert (len(affected.ids), affected.merges, affected.people_after) == (number, number, 2 * number)
    ended = undone(tables, cause)
    assert (ended.state, ended.counts) == ("done", {"people": number, "new people": number})
    apart = [replace(event, identifiers=event.identifiers[:1]) for event in joining]
    assert sorted(contents(tables)) == sorted(contents(stitched([*visits(number), *known, *apart], RULES)))


def carried_out(tables: Tables, leaving: Sequence[Sequence[str]]) -> Job:
    (whole,) = [profile for profile in everybody(tables) if not profile.is_merged]
    asked(tables, "split", profile_id=whole.id, parts=[list(part) for part in leaving])
    with over(tables):
        job = DOORS.jobs.find("job1")
        assert job
        while job.is_open:
            job = DOORS.jobs.put(STEPS["split"](DOORS, job, lambda: True), NOW)
        return job


def of_many_devices(number: int) -> tuple[list[Event], list[str]]:
    """A user, and the hashes of so many devices, each with an event of its own."""
    devices = [{"anonymousId": f"a{n}", "event": "Seen"} for n in range(number)]
    events = [make_event({"userId": "u", **body}, n / 1000, f"j{n}") for n, body in enumerate(devices)]
    own = [make_event(body, 6 + n / 1000, f"o{n}") for n, body in enumerate(devices)]
    return [*events, *own], [event.identifiers[0].hash for event in own]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("number", [45, pytest.param(999, marks=pytest.mark.slow)])
@pytest.mark.parametrize("each", [False, True], ids=["together", "each"])
def test_all_identifiers_but_one_leave_a_person_of_a_thousand(number: int, each: bool) -> None:
    events, devices = of_many_devices(number)
    tables = stitched(events, RAISED)
    job = carried_out(tables, [[device] for device in devices] if each else [devices])
    assert job.state == "done", job.reason
    found = {tuple(values): state for values, state in contents(tables)}
    assert len(found) == (number + 1 if each else 2)
    assert ("u",) in found


def test_the_first_identifier_ever_leaves() -> None:
    tables = stitched(visits(1) + as_everybody([0]), RAISED)
    first = visits(1)[0].identifiers[0].hash
    assert carried_out(tables, [[first]]).state == "done"
    assert sorted(values for values, _ in contents(tables)) == [["a0"], [SHARED]]
