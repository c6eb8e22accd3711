"""What handlers are timed with comes once, and who is timed takes turns."""

from functools import partial
from itertools import islice

from bench.raced import Contender, medians, raced
from bench.requests import bodies, kinesis


def test_no_event_is_sent_twice() -> None:
    sent = [event["messageId"] for seed in (1, 2) for body in islice(bodies(10, seed), 20) for event in body["batch"]]
    assert len(set(sent)) == len(sent) > 200


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
