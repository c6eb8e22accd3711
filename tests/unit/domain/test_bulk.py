"""Changes of segments in bulk: who is among them, as what, and which facts fall silent for it."""

from dataclasses import replace

from shared.domain.bulk import BULK, ENTERED, EXITED, bulk_id, crossing, flow_name, flow_of, lines_wanted
from shared.domain.data_flows import Flow
from shared.domain.facts import Image, facts
from shared.domain.jobs import BULK as IN_BULK
from shared.domain.jobs import Job, cancelled, stopping
from shared.domain.profiles import Change, Profile
from shared.domain.segments.definition import OfEvents, OfSegment, Segment
from shared.domain.segments.memberships import moved_with

SINCE = "2026-11-22T10:00:00.000Z"
BEFORE, AFTER = "2026-11-22T09:59:59.999Z", "2026-11-22T10:00:01.000Z"
CHANGES = {
    "created": Change("yes", 4, AFTER),
    "segment:vip": Change("in:shown", 4, AFTER),
    "segment:lapsed": Change("out", 4, AFTER),
    "segment:old": Change("in", 2, BEFORE),
    "segment:brought": Change("out:shown", 0, AFTER),
}


def test_of_a_write_in_bulk_nothing_is_said_of_its_segments_and_all_else_is() -> None:
    new = Image("p", 4, is_merged=False, changes=CHANGES, in_bulk=frozenset({"vip"}))
    old = replace(new, version=3, changes={"segment:old": CHANGES["segment:old"]})
    assert [fact.detail_type for fact in facts(old, new)] == ["Profile Created", EXITED]
    again = replace(new, version=5, in_bulk=frozenset(), republish_from=SINCE)
    assert ENTERED in {fact.detail_type for fact in facts(new, again)}, "a redrive says what it is asked for"


def test_a_line_is_the_fact_that_would_have_been_told_alone() -> None:
    new = Image("p", 4, is_merged=False, changes=CHANGES, cause="rebuild", correlation_id="job")
    alone = {fact.data.get("segment"): fact for fact in facts(None, new)}
    profile = Profile("p", 9, changes=CHANGES)
    assert crossing(profile, "vip", SINCE, "job") == alone["vip"]
    assert crossing(profile, "lapsed", SINCE, "job") == alone["lapsed"]
    assert crossing(profile, "old", SINCE, "job") is None, "as before"
    assert crossing(profile, "never", SINCE, "job") is None
    assert crossing(profile, "brought", SINCE, "job") is None, "by a merge"


def test_each_telling_of_a_job_has_an_id_of_its_own() -> None:
    assert len({bulk_id("job", segment, number) for segment in ("a", "b") for number in (1, 2)}) == 4


def test_a_destination_gets_the_lines_that_it_is_told_of_alone() -> None:
    assert lines_wanted([ENTERED, "Consent Changed"]) == {ENTERED}
    assert lines_wanted([BULK]) == {ENTERED, EXITED}
    assert lines_wanted(["Consent Changed"]) == frozenset()


def test_a_flow_is_counted_beside_other_numbers() -> None:
    flow = Flow("src_web", "traits.address:city")
    assert flow_of(flow_name(flow)) == flow
    assert flow_of("entered") is None


def test_segments_change_with_those_that_they_ask_for() -> None:
    def segment(name: str, asks: str = "") -> Segment:
        return Segment(name, name, OfSegment(asks) if asks else OfEvents("Order Completed"), state="live")

    items = [segment("a"), segment("b", "a"), segment("c", "b"), segment("d")]
    assert moved_with("a", items) == ["a", "b", "c"]
    assert moved_with("ended", items) == ["ended"]


def test_a_job_in_bulk_tells_of_whom_it_wrote_before_it_is_cancelled() -> None:
    job = Job("j", "backfill", "operations", SINCE, state="running", position={IN_BULK: ["vip"]})
    assert stopping(job).is_open
    assert stopping(replace(job, position={})) == cancelled(replace(job, position={}))
