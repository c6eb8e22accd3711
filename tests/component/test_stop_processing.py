"""Processing stopped and taken up again over the real handlers: events are stored and left, and count afterwards."""

import pytest

from shared.domain.profiles import Profile
from shared.people.rebuilding import Rebuilding
from shared.stores.profile_store import WriteReason
from tests.conftest import Deployment
from tests.jobs import Operator
from tests.pipeline import stored_ids, track
from tests.privacy import stopper
from tests.way import Way


@pytest.fixture
def way(aws: Deployment) -> Way:
    made = Way(aws)
    made.collect(track("m1", type="identify", traits={"city": "Seoul"}))
    made.drain()
    made.facts()
    return made


def person(way: Way) -> Profile:
    found = way.person("user_id", "u1")
    assert found is not None
    return found


def test_events_of_a_stopped_person_are_stored_and_left_and_count_once_they_are_resumed(
    aws: Deployment, way: Way
) -> None:
    to, before = stopper(aws), person(way)
    assert [to.stop(before.id, f"request {n}") for n in "12"] == [Rebuilding.WRITTEN, Rebuilding.SAME]
    for _ in range(2):
        way.collect(track("m2", type="identify", traits={"city": "Busan"}), track("m3", event="Bought"))
    way.drain()
    assert stored_ids(aws) == ["m1", "m2", "m3"]
    left = person(way)
    assert (left.stopped, left.state.traits, left.state.events) == (
        "request 1",
        before.state.traits,
        before.state.events,
    )
    assert (way.facts(), way.waiting(aws.stitch_retries_url)) == ([], [])
    operator = Operator(aws)
    assert operator.ran("verify", profiles=["user_id:u1"])["counts"] == {"people": 1, "same": 1}
    assert operator.ran("rebuild", profiles=["user_id:u1"])["findings"] == [
        {"profile_id": before.id, "what": "stopped"}
    ]
    assert to.rebuilder.rebuild(before.id, WriteReason("rebuild")) == Rebuilding.STOPPED
    assert [to.resume(before.id) for _ in range(2)] == [Rebuilding.WRITTEN, Rebuilding.SAME]
    after = person(way)
    assert (after.stopped, after.state.traits["city"].value, after.state.events["Bought"].total) == ("", "Busan", 1)
    way.drain()
    assert [(fact["type"], fact["metadata"]["cause"]) for fact in way.facts()] == [("Traits Changed", "rebuild")]
    way.close()
