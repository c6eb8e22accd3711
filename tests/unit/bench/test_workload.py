"""The bench's workload: the same in every run, and as it says it is."""

from itertools import islice

import pytest

from bench.memory.readers import Reader
from bench.sessions import Event
from bench.workload import Shape, flushes

FEW = Shape(people=500)


def events(shape: Shape, number: int = 2_000) -> list[Event]:
    return [event for flush in flushes(shape, number) for event in flush.body["batch"]]


def test_a_seed_says_every_event() -> None:
    first = list(islice(flushes(FEW, 200), 50))
    assert first == list(islice(flushes(FEW, 200), 50))
    assert first != list(islice(flushes(Shape(people=500, seed=8), 200), 50))


def test_requests_come_in_order_and_as_fast_as_was_asked() -> None:
    sent = list(flushes(FEW, 3_000))
    assert [flush.at for flush in sent] == sorted(flush.at for flush in sent)
    assert sent[-1].at == pytest.approx(3, rel=0.2)


@pytest.mark.parametrize("average", [2.8, 10.0])
def test_a_request_has_as_many_events_as_was_asked_on_average(average: float) -> None:
    sizes = [len(flush.body["batch"]) for flush in flushes(Shape(people=500, per_request=average), 6_000)]
    assert min(sizes) >= 1
    assert sum(sizes) / len(sizes) == pytest.approx(average, rel=0.1)


def test_no_message_id_comes_twice_and_hard_events_are_larger() -> None:
    plain, hard = events(FEW), events(Shape(people=500, is_hard=True))
    assert len({event["messageId"] for event in plain}) == len(plain)
    assert len(str(hard)) > len(str(plain)) * 1.1


def test_a_person_who_logs_in_stays_it_until_the_session_ends() -> None:
    known = [event for event in events(FEW) if "userId" in event]
    assert 0.2 < len(known) / 2_000 < 0.45
    assert all("userId" in event for event in events(FEW) if event["type"] == "identify")


def test_a_batch_is_taken_when_it_is_full_or_its_window_is_over() -> None:
    reader = Reader(shards=1, most=2, window=5)
    for at in (0.0, 1.0, 2.0):
        reader.put(0, at, at, 10)
    assert list(reader.due(2.0)) == [[0.0, 1.0]]
    assert list(reader.due(6.9)) == []
    assert list(reader.due(7.0)) == [[2.0]]
    reader.put(0, 8.0, "large", 4_000_000)
    reader.put(0, 8.0, "larger", 4_000_000)
    assert list(reader.due(8.0)) == [["large"]]
