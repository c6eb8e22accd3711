"""Segments over moto where warm processes know different ones: whom one let in, another doesn't send out."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from shared.domain.profiles import Profile
from shared.domain.segments.backfilling import is_concerned
from shared.domain.segments.definition import OfTrait, Segment, SegmentState
from shared.domain.stitching import Change, People
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.kept_declarations import KeptDeclarations
from shared.stores.profile_store import ProfileStore, WriteReason
from shared.stores.tables import CATALOGUE, LEDGER, PROFILES
from tests.conftest import Deployment
from tests.people import NOW

ANYBODY = Segment("anybody", "Without a city", OfTrait("city", "text", "missing"))
State = Callable[[SegmentState], None]


@pytest.fixture
def catalogue(aws: Deployment) -> CatalogueStore:
    return CatalogueStore(aws.table(CATALOGUE))


@pytest.fixture
def become(catalogue: CatalogueStore) -> State:
    def put(state: SegmentState) -> None:
        before = catalogue.find(Segment, "anybody") or ANYBODY
        catalogue.put(replace(before, state=state))

    return put


def process(aws: Deployment, catalogue: CatalogueStore) -> ProfileStore:
    """That has read the catalogue."""
    kept = KeptDeclarations(catalogue)
    kept.get()
    return ProfileStore(aws.table(PROFILES), aws.table(LEDGER), segments=kept.segments)


def write(store: ProfileStore, one: str = "p1") -> tuple[list[str], int]:
    """Somebody's segments after a write, and the version with which that was told."""
    profile = store.profile(one) or Profile(one)
    before, after = People(profiles={one: profile} if profile.version else {}), People(profiles={one: profile})
    after.fenced.add(one)
    store.put(before, after, Change(frozenset({one}), frozenset(), ()), WriteReason(), NOW)
    written = store.profile(one)
    assert written is not None
    told = written.changes.get("segment:anybody")
    return written.segments, told.version if told else 0


def test_nobody_is_sent_out_by_a_process_that_is_yet_to_hear_of_the_segment(
    aws: Deployment, catalogue: CatalogueStore, become: State
) -> None:
    behind = process(aws, catalogue)
    become("live")
    newer = process(aws, catalogue)
    assert write(newer) == (["anybody"], 1)
    assert write(behind) == (["anybody"], 1), "told once, by the first write"
    become("archived")
    assert write(process(aws, catalogue)) == ([], 3)
    assert write(newer) == ([], 3), "and nobody comes back in by one that has yet to hear of its end"


def test_an_edit_takes_each_person_from_the_old_definition_to_the_new_at_most_once(
    aws: Deployment, catalogue: CatalogueStore, become: State
) -> None:
    become("live")
    behind, other = process(aws, catalogue), process(aws, catalogue)
    known = catalogue.find(Segment, "anybody")
    assert known is not None
    catalogue.put(replace(known, where=OfTrait("city", "text", "exists")))
    assert write(behind) == (["anybody"], 1), "for a minute, by what was so before"
    newer = process(aws, catalogue)
    assert write(newer) == ([], 2)
    assert write(behind) == ([], 2), "and never back: who tells by less than was told reads again"
    assert write(behind, "p2") == ([], 0), "nor does it go by less with anybody else"

    assert write(other, "p3") == (["anybody"], 1), "told otherwise than the new definition says"
    met = other.profile("p3")
    assert met is not None
    assert is_concerned(met, "anybody", newer.telling(met.told_by), NOW), "so the job writes them"
    assert write(newer, "p3") == ([], 2)
    assert write(other, "p3") == ([], 2)


def test_a_catalogue_that_was_restored_holds_nobody_up(
    aws: Deployment, catalogue: CatalogueStore, become: State
) -> None:
    become("live")
    become("archived")
    write(process(aws, catalogue))
    catalogue.delete(Segment, "anybody")
    become("live")
    store, reads = process(aws, catalogue), list[int]()
    again = replace(store, segments=lambda told_by: reads.append(told_by) or store.segments(told_by))
    assert write(again)[0] == ["anybody"]
    assert write(again)[0] == ["anybody"]
    assert reads == [2, 1]
