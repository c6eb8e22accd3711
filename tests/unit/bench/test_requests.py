"""Requests of the bench are the same in every run, and as large on average as they are said to be."""

from functools import partial
from itertools import islice

from bench.raced import Contender, medians, raced
from bench.requests import bodies, kinesis


def test_a_seed_says_all_that_is_sent() -> None:
    first, again, other = ([*islice(bodies(2.8, seed), 20)] for seed in (1, 1, 2))
    assert first == again != other


def test_requests_have_as_many_events_as_asked_on_average() -> None:
    sizes = [len(body["batch"]) for body in islice(bodies(2.8, seed=3), 500)]
    assert set(sizes) == {2, 3}
    assert 2.7 < sum(sizes) / len(sizes) < 2.9


def test_no_event_is_sent_twice() -> None:
    sent = [event["messageId"] for body in islice(bodies(10, seed=4), 50) for event in body["batch"]]
    assert len(set(sent)) == len(sent) == 500


def test_records_are_numbered_from_where_it_is_said() -> None:
    records = kinesis([b"a", b"b"], first=7)["Records"]
    assert [record["kinesis"]["sequenceNumber"] for record in records] == ["7", "8"]


def test_contenders_take_turns_and_the_first_round_is_left_out() -> None:
    turns: list[str] = []
    contenders = [Contender(who, iter([(1, partial(turns.append, who))] * 3)) for who in ("ours", "naive")]
    spent = raced(contenders, rounds=2)
    assert turns == ["ours", "naive"] * 3
    assert {who: len(rounds) for who, rounds in spent.items()} == {"ours": 2, "naive": 2} == dict.fromkeys(spent, 2)
    assert medians({"ours": [3.0, 1.0, 2.0]}) == {"ours": 2.0}
