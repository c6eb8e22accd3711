"""Two and three workers on the same people, in every interleaving of what they read, check and write: one outcome."""

from collections.abc import Sequence
from typing import Any

import pytest

from shared.domain.events import Event
from tests.fakes.dynamo import FakeDynamo
from tests.interleaving.exploring import CALM, Exploration, Faults
from tests.interleaving.stitching import (
    after,
    check,
    content,
    finding,
    folded,
    freezing,
    rebuilding_of,
    replaying,
    stitching,
)
from tests.interleaving.workers import Replay, Worker
from tests.people import make_event

FAULTS = pytest.mark.parametrize(
    "faults",
    [CALM, Faults(conflicts=1), Faults(crashes=1), pytest.param(Faults(1, 1), marks=pytest.mark.slow)],
    ids=["calm", "a conflict", "a crash", "a conflict and a crash"],
)

CALM_OR_IN_CONFLICT = pytest.mark.parametrize("faults", [CALM, Faults(conflicts=1)], ids=["calm", "a conflict"])


@pytest.fixture
def replay(monkeypatch: pytest.MonkeyPatch) -> Replay:
    return replaying(monkeypatch)


def seen(day: float, plan: str | None = None, **who: str) -> Event:
    """An event of somebody: `u`, `a` and `e` are a user id, an anonymous id and an address."""
    body: dict[str, Any] = {"event": "Seen"} if plan is None else {"type": "identify", "traits": {"plan": plan}}
    body |= {field: who[short] for short, field in (("u", "userId"), ("a", "anonymousId")) if short in who}
    if "e" in who:
        body["traits"] = {**body.get("traits", {}), "email": f"{who['e']}@x.com"}
    return make_event(body, day)


A, B, C = seen(1, u="u"), seen(2, a="b"), seen(3, e="c")
A_B, B_C, C_A = seen(4, u="u", a="b"), seen(5, a="b", e="c"), seen(6, u="u", e="c")


def explored(
    replay: Replay, before: Sequence[Event], workers: Sequence[Worker], events: Sequence[Event], faults: Faults
) -> list[Any]:
    """The contents that there are in the end, each once; of every way there, nothing was lost."""
    contents = []
    for outcome in Exploration(replay, workers, faults).outcomes(after(list(before), later=events)):
        try:
            check(outcome.tables, [*before, *events])
        except AssertionError as error:
            raise AssertionError("\n".join(outcome.steps)) from error
        found = content(outcome.tables)
        if found not in contents:
            contents.append(found)
    return contents


@FAULTS
def test_a_merge_of_a_with_b_and_one_of_b_with_c_at_once_make_one_person(replay: Replay, faults: Faults) -> None:
    workers = [stitching("one", A_B), stitching("two", B_C)]
    assert explored(replay, [A, B, C], workers, [A_B, B_C], faults) == [folded([A, B, C, A_B, B_C])]


@FAULTS
def test_three_merges_in_a_ring_at_once_make_one_person(replay: Replay, faults: Faults) -> None:
    workers = [stitching("one", A_B), stitching("two", B_C), stitching("three", C_A)]
    assert explored(replay, [A, B, C], workers, [A_B, B_C, C_A], faults) == [folded([A, B, C, A_B, B_C, C_A])]


@FAULTS
def test_an_identifier_that_three_see_for_the_first_time_is_one_persons(replay: Replay, faults: Faults) -> None:
    events = [seen(day, u="u", a=f"a{day}") for day in (1, 2, 3)]
    workers = [stitching(f"w{number}", event) for number, event in enumerate(events)]
    assert explored(replay, [], workers, events, faults) == [folded(events)]


@FAULTS
def test_a_trait_that_changes_while_its_person_is_merged_is_kept(replay: Replay, faults: Faults) -> None:
    old, new = seen(5, plan="free", a="b"), seen(6, plan="pro", u="u")
    workers = [stitching("merge", A_B), stitching("trait", new), stitching("older", old)]
    (found,) = explored(replay, [A, B], workers, [A_B, old, new], faults)
    assert found == folded([A, B, A_B, old, new])
    assert '"plan":["pro"' in found[0][1]


@FAULTS
def test_an_event_that_comes_to_three_at_once_is_folded_once(replay: Replay, faults: Faults) -> None:
    workers = [stitching(f"w{number}", A_B) for number in range(3)]
    assert explored(replay, [A, B], workers, [A_B], faults) == [folded([A, B, A_B])]


@FAULTS
def test_a_batch_of_several_people_that_dies_between_two_writes_is_folded_once(replay: Replay, faults: Faults) -> None:
    x, y = seen(7, u="x", a="x"), seen(8, u="y", a="y")
    workers = [stitching("batch", A_B, x, y), stitching("other", y, B_C)]
    assert explored(replay, [A, B, C], workers, [A_B, B_C, x, y], faults) == [folded([A, B, C, A_B, B_C, x, y])]


@FAULTS
def test_a_rebuild_beside_a_merge_and_a_trait_changes_nothing(replay: Replay, faults: Faults) -> None:
    new = seen(6, plan="pro", a="b")
    workers = [rebuilding_of("rebuild", "p1"), stitching("merge", A_B), stitching("trait", new)]
    assert explored(replay, [A, B], workers, [A_B, new], faults) == [folded([A, B, A_B, new])]


@CALM_OR_IN_CONFLICT
def test_nothing_changes_a_person_while_they_are_frozen_and_nothing_is_lost_by_it(
    replay: Replay, faults: Faults
) -> None:
    new = seen(6, plan="pro", u="u")
    workers = [freezing("operator", "p1"), stitching("merge", A_B), stitching("trait", new)]
    assert explored(replay, [A, B], workers, [A_B, new], faults) == [folded([A, B, A_B, new])]


@FAULTS
def test_a_reader_between_any_steps_of_two_merges_finds_one_person_who_holds_the_identifier(
    replay: Replay, faults: Faults
) -> None:
    workers = [finding("reader", B.identifiers[0]), stitching("one", A_B), stitching("two", B_C)]
    assert explored(replay, [A, B, C], workers, [A_B, B_C], faults) == [folded([A, B, C, A_B, B_C])]


ALICE, BOB = seen(1, u="alice", a="d"), seen(2, u="bob", a="d")


@FAULTS
def test_a_device_contested_by_two_while_it_is_used_keeps_every_event_with_who_owns_it(
    replay: Replay, faults: Faults
) -> None:
    carol, later = seen(3, u="carol", a="d"), seen(4, a="d")
    workers = [stitching("bob", BOB), stitching("carol", carol), stitching("later", later)]
    found = explored(replay, [ALICE], workers, [BOB, carol, later], faults)
    assert folded([ALICE, BOB, carol, later]) in found


def test_what_the_checker_leaves_out_leads_nowhere_else(replay: Replay) -> None:
    for before, events in (([A, B, C], [A_B, B_C]), ([ALICE], [BOB, seen(4, a="d")])):
        workers = [stitching(event.message_id, event) for event in events]
        brief, whole = Exploration(replay, workers), Exploration(replay, workers, leaves_none_out=True)
        found = [{repr(o.tables) for o in one.outcomes(after(before, later=events))} for one in (brief, whole)]
        assert found[0] == found[1]
        assert brief.states < whole.states


def test_the_checker_finds_a_store_that_forgets_its_conditions(replay: Replay, monkeypatch: pytest.MonkeyPatch) -> None:
    real = FakeDynamo.call

    def forgetful(self: FakeDynamo, operation: str, request: Any) -> Any:
        for one in request.get("TransactItems", []):
            for action in one.values():
                if action.get("ConditionExpression") == "version = :version":
                    del action["ConditionExpression"], action["ExpressionAttributeValues"]
        return real(self, operation, request)

    monkeypatch.setattr(FakeDynamo, "call", forgetful)
    with pytest.raises(AssertionError, match="one: TransactWriteItems written"):
        explored(replay, [A, B, C], [stitching("one", A_B), stitching("two", B_C)], [A_B, B_C], CALM)
