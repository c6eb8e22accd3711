"""A split beside merges, traits and stale readers, in every interleaving of reads, checks and writes: one outcome."""

from collections.abc import Sequence
from typing import Any

import pytest

from shared.domain.events import Event
from shared.domain.identifiers import Identifier
from tests.fakes.parts import Tables
from tests.interleaving.exploring import CALM, Exploration, Faults
from tests.interleaving.splitting import asked, check, doing, replaying_jobs
from tests.interleaving.stitching import after, content, everybody, replaying, stitching
from tests.interleaving.workers import Replay, Worker
from tests.people import hashed
from tests.property.test_interleavings import A_B, A, B, C, seen

FAULTS = pytest.mark.parametrize(
    "faults",
    [CALM, Faults(conflicts=1), Faults(crashes=1), pytest.param(Faults(1, 1), marks=pytest.mark.slow)],
    ids=["calm", "a conflict", "a crash", "a conflict and a crash"],
)
DEVICE = hashed(Identifier("anonymous_id", "b")).hash


@pytest.fixture
def replay(monkeypatch: pytest.MonkeyPatch) -> Replay:
    replay = replaying(monkeypatch)
    replaying_jobs(replay, monkeypatch)
    return replay


def explored(
    replay: Replay, tables: Tables, workers: Sequence[Worker], events: Sequence[Event], faults: Faults
) -> list[Any]:
    """The contents that there are in the end, each once; of every way there, nothing was lost."""
    contents = []
    for outcome in Exploration(replay, workers, faults).outcomes(tables):
        try:
            check(outcome.tables, events)
        except AssertionError as error:
            raise AssertionError("\n".join(outcome.steps)) from error
        found = content(outcome.tables)
        if found not in contents:
            contents.append(found)
    return contents


def split_of(tables: Tables, *hashes: str, of: Event = A) -> Tables:
    """A job asked for, by which these leave the person whose an event is."""
    people = [profile for profile in everybody(tables) if not profile.is_merged]
    (whole,) = [profile for profile in people if of.anchor in profile.identifiers]
    asked(tables, "split", profile_id=whole.id, parts=[list(hashes)])
    return tables


@pytest.mark.parametrize("faults", [CALM, Faults(conflicts=1), Faults(crashes=1), Faults(2, 2)], ids=str)
def test_a_split_that_dies_between_any_two_writes_is_ended_by_the_next_try(replay: Replay, faults: Faults) -> None:
    tables = split_of(after([A, B, A_B]), DEVICE)
    (found,) = explored(replay, tables, [doing("job")], [A, B, A_B], faults)
    assert [len(one[0]) for one in found] == [1, 1]


@pytest.mark.slow
@FAULTS
def test_a_split_done_twice_at_once_ends_in_the_same_two_people(replay: Replay, faults: Faults) -> None:
    tables = split_of(after([A, B, A_B]), DEVICE)
    (found,) = explored(replay, tables, [doing("one"), doing("two")], [A, B, A_B], faults)
    assert [len(one[0]) for one in found] == [1, 1]


@FAULTS
def test_a_split_beside_a_merge_with_somebody_else_ends_with_both(replay: Replay, faults: Faults) -> None:
    """The merge may come first or last, and with the one or the other: nobody is lost, and the two stay apart."""
    b_c = seen(7, a="b", e="c")
    tables = split_of(after([A, B, A_B], [C], later=[b_c]), DEVICE, of=A)
    found = explored(replay, tables, [doing("job"), stitching("merge", b_c)], [A, B, C, A_B, b_c], faults)
    for one in found:
        assert len(one) == 2
    assert any(len(person[0]) == 2 for person in found[0])


@FAULTS
def test_an_event_whose_reader_saw_the_person_before_the_split_is_its_new_owners(
    replay: Replay, faults: Faults
) -> None:
    late = seen(8, a="b")
    tables = split_of(after([A, B, A_B], later=[late]), DEVICE)
    (found,) = explored(replay, tables, [doing("job"), stitching("late", late)], [A, B, A_B, late], faults)
    assert sorted(len(person[0]) for person in found) == [1, 1]


@FAULTS
def test_a_split_beside_a_trait_that_changes_keeps_it(replay: Replay, faults: Faults) -> None:
    new = seen(6, plan="pro", a="b")
    tables = split_of(after([A, B, A_B], later=[new]), DEVICE)
    (found,) = explored(replay, tables, [doing("job"), stitching("trait", new)], [A, B, A_B, new], faults)
    assert sum('"plan":["pro"' in one[1] for one in found) == 1
