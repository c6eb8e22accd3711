"""Workers that stitch the same people at once, in every order of reading, deciding and writing: one outcome."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count, product

import pytest

from shared.domain.events import Event
from shared.domain.profiles import sealed
from shared.domain.stitching import Change, People, stitch
from tests.people import NOW, make_event

A, B, C = "a", "b@example.com", "010-1234-5678"
AB = {"anonymousId": A, "properties": {"email": B}}
BC = {"properties": {"email": B, "phone": C}}


@dataclass
class World:
    """What is stored. A write happens whole, on condition that all it changes is as it was read."""

    people: People = field(default_factory=People)
    _ids: Iterator[int] = field(default_factory=lambda: count(1))

    def worker(self, event: Event) -> Iterator[None]:
        """Stitch one event; each `next` goes as far as the next read, decision or write."""
        while True:
            before = self.people.copy()
            yield
            after = before.copy()
            change = stitch(after, event, lambda: f"p{next(self._ids)}", NOW)
            yield
            if change is None or self._put(before, after, change):
                return

    def _put(self, before: People, after: People, change: Change) -> bool:
        changed = {p for p in change.profiles if after.profiles.get(p) is not before.profiles.get(p)}
        written = changed | (change.profiles & after.fenced)
        is_as_read = [self.people.profiles.get(p) is before.profiles.get(p) for p in written]
        is_as_read += [self.people.ownerships.get(h) == before.ownerships.get(h) for h in change.identifiers]
        if not all(is_as_read):
            return False
        self.people.profiles |= {p: sealed(after.profiles[p], NOW) for p in written}
        self.people.ownerships |= {h: after.ownerships[h] for h in change.identifiers}
        return True

    def ends(self) -> tuple[list[tuple[list[str], int]], int]:
        """Each live profile's values and number of events, and how many profiles were merged."""
        profiles = self.people.profiles.values()
        live = [p for p in profiles if not p.is_merged]
        people = [(sorted(held.value for held in p.identifiers.values()), p.state.event_count) for p in live]
        return sorted(people), sum(p.is_merged for p in profiles)


def run(world: World, events: Sequence[Event], order: Sequence[int]) -> None:
    """A worker for each event, one going on after the other as `order` says, and then all to their end."""
    workers = [world.worker(event) for event in events]
    for number in order:
        next(workers[number], None)
    for worker in workers:
        list(worker)


def seen(*bodies: Mapping[str, object]) -> list[Event]:
    return [make_event({**body, "event": f"Seen {number}"}, number) for number, body in enumerate(bodies)]


def test_fifty_workers_that_meet_one_new_identifier_at_once_make_one_profile() -> None:
    world = World()
    run(world, seen(*[{"userId": "u1"}] * 50), [*range(50), *range(50)])
    assert world.ends() == ([(["u1"], 50)], 0)


@pytest.mark.parametrize("chain", [(AB, BC), (BC, AB)], ids=["ab-bc", "bc-ab"])
def test_merges_of_neighbours_that_start_together_are_both_made(chain: tuple[Mapping[str, object], ...]) -> None:
    alone: list[Mapping[str, object]] = [{"anonymousId": A}, {"properties": {"email": B}}, {"properties": {"phone": C}}]
    for order in product(range(2), repeat=8):
        world = World()
        for event in seen(*alone):
            list(world.worker(event))
        run(world, [replace(event, sk=f"{event.sk}-then") for event in seen(*chain)], order)
        assert world.ends() == ([(["+821012345678", A, B], 5)], 2), order


def test_workers_that_create_and_join_one_chain_end_in_one_person() -> None:
    for order in product(range(3), repeat=6):
        world = World()
        run(world, seen(AB, BC, {"anonymousId": A}), order)
        people, _ = world.ends()
        assert people == [(["+821012345678", A, B], 3)], order


def crashed_before(steps: int) -> Callable[[World, Event], None]:
    def crash(world: World, event: Event) -> None:
        worker = world.worker(event)
        for _ in range(steps):
            next(worker)

    return crash


@pytest.mark.parametrize("steps", [1, 2], ids=["after_reading", "after_deciding"])
def test_a_worker_that_dies_in_a_merge_leaves_both_as_they_were_and_the_next_try_merges(steps: int) -> None:
    """A merge is one write and moves no identifier: nobody reads a person half."""
    world = World()
    for event in seen({"anonymousId": A}, {"properties": {"email": B}}):
        list(world.worker(event))
    before, merge = world.ends(), make_event(AB, 3)
    crashed_before(steps)(world, merge)
    assert world.ends() == before
    list(world.worker(merge))
    assert world.ends() == ([([A, B], 3)], 1)
    owners = [world.people.owner_of(hashed, merge.time) for hashed in world.people.ownerships]
    assert len({owner.id for owner in owners if owner}) == 1
