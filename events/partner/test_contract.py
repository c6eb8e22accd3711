"""The partner's own tests: samples are valid by the schemas, and a consumer takes them in any order, however often.

pip install pytest jsonschema
CONSUMER=your_module:YourConsumer pytest test_contract.py
"""

import json
import os
import random
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

HERE = Path(__file__).parent
SAMPLES = sorted((HERE / "samples").glob("*.json"))
RELEASED = sorted((HERE / "released").rglob("*.json"))


def consumer() -> Any:
    """A new one, which knows nothing: of CONSUMER, or the one that comes with the kit."""
    module, _, name = os.environ.get("CONSUMER", "consumer:Consumer").partition(":")
    for place in (str(HERE), str(Path.cwd())):
        if place not in sys.path:
            sys.path.append(place)
    return getattr(import_module(module), name)()


def event(kind: str, n: int, who: str, formerly: tuple[str, ...] = (), **data: Any) -> dict[str, Any]:
    """The sample of a kind as a fact of another sequence about somebody else."""
    found: dict[str, Any] = json.loads((HERE / f"samples/{kind.lower().replace(' ', '_')}.json").read_text())
    detail = found["detail"]
    detail["metadata"] |= {"id": f"{who}-{n}-{kind}", "sequence": n}
    detail["person"] = {"id": who, **({"formerly": [*formerly]} if formerly else {})}
    detail["data"] |= {"profile_id": who, **data}
    return found


def line(who: str, n: int, *formerly: str, consent: str = "granted", **segments: tuple[bool, int]) -> dict[str, Any]:
    """Of a snapshot: somebody as of `n`, with segments they are in or not, each since a sequence."""
    return {
        "person": {"id": who, "formerly": [*formerly]},
        "sequence": n,
        "segments": {name: {"in": is_in, "sequence": since} for name, (is_in, since) in segments.items()},
        "consent": {"advertising": {"state": consent, "sequence": min(n, 2)}} if n else {},
    }


def at(minute: int, one: dict[str, Any]) -> dict[str, Any]:
    one["detail"]["metadata"]["time"] = f"2026-11-21T09:{minute:02}:00.000Z"
    return one


SCENE = (
    event("Segment Entered", 1, "visitor", segment="new"),
    event("Segment Entered", 1, "jane", segment="vip"),
    event("Consent Changed", 2, "jane", purpose="advertising", state="granted", previous="unknown"),
    event("Profile Merged", 3, "jane", ("visitor",), merged_profile_id="visitor"),
    event("Segment Entered", 3, "jane", ("visitor",), segment="new"),
    event("Segment Exited", 4, "jane", ("visitor",), segment="vip"),
    event("Consent Changed", 5, "jane", ("visitor",), purpose="advertising", state="withdrawn", previous="granted"),
    event("Segment Entered", 1, "joe", segment="vip"),
    event("Profile Erased", 2, "joe", merged_profile_ids=[]),
)
KNOWN = {"jane": {"segment:new": "entered", "segment:vip": "exited", "purpose:advertising": "withdrawn"}}


@pytest.mark.parametrize("path", [*SAMPLES, *RELEASED], ids=lambda path: str(path.relative_to(HERE)))
def test_a_sample_is_valid_by_its_schema_and_the_consumer_takes_it(path: Path) -> None:
    sample = json.loads(path.read_text())
    schema = json.loads((HERE / f"schemas/{path.stem}.schema.json").read_text())
    Draft202012Validator(schema).validate(sample["detail"])
    consumer().take(sample)


@pytest.mark.skipif(not hasattr(consumer(), "load"), reason="CONSUMER has no load")
def test_a_snapshot_is_valid_by_its_schema_and_the_consumer_loads_it() -> None:
    lines = [json.loads(one) for one in (HERE / "snapshot.jsonl").read_text().splitlines()]
    schema = Draft202012Validator(json.loads((HERE / "snapshot.schema.json").read_text()))
    for one in lines:
        schema.validate(one)
    taker = consumer()
    taker.load(lines)
    assert taker.state() != consumer().state()


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_test_changes_nothing(path: Path) -> None:
    sample, taker = json.loads(path.read_text()), consumer()
    sample["detail"]["metadata"]["test"] = True
    taker.take(sample)
    assert taker.state() == consumer().state()


def test_any_order_and_any_number_of_repeats_come_to_the_same() -> None:
    in_order = consumer()
    for one in SCENE:
        in_order.take(one)
    for seed in range(200):
        mixed = [*SCENE, *random.Random(seed).choices(SCENE, k=5)]
        random.Random(seed).shuffle(mixed)
        taker = consumer()
        for one in mixed:
            taker.take(one)
        assert taker.state() == in_order.state(), seed


LOST = (at(31, event("Segment Exited", 3, "jane", segment="vip")), at(31, event("Profile Erased", 3, "joe")))
BEFORE = (
    at(1, event("Segment Entered", 1, "jane", segment="vip")),
    at(2, event("Segment Entered", 2, "joe", segment="vip")),
    at(3, event("Segment Entered", 2, "ann", segment="vip")),
)
SNAPSHOT = (
    line("jane", 4, "visitor", vip=(False, 3), new=(True, 4)),
    line("ann", 0),
    line("visitor", 3, new=(True, 1)),  # was read before she was found to be jane
    {"at": "2026-11-21T09:40:00.000Z", "people": 3},
)
AFTER = (
    at(39, event("Segment Exited", 5, "jane", segment="new")),
    at(41, event("Segment Entered", 1, "new", segment="vip")),
)
RESYNCED = {
    "jane": {"segment:vip": "exited", "segment:new": "exited", "purpose:advertising": "granted"},
    "ann": {"segment:vip": "entered"},
    "new": {"segment:vip": "entered"},
}


@pytest.mark.skipif(not hasattr(consumer(), "load"), reason="CONSUMER has no load")
def test_a_snapshot_comes_to_the_same_whenever_it_is_loaded_and_whatever_was_lost() -> None:
    whole = consumer()
    for one in (*BEFORE, *AFTER):
        whole.take(one)
    whole.load(SNAPSHOT)
    for seed in range(200):
        drawn = random.Random(seed)
        mixed = [BEFORE[2], *AFTER, *drawn.choices((*BEFORE, *LOST, *AFTER), k=5)]
        drawn.shuffle(mixed)
        taker, when = consumer(), drawn.randrange(len(mixed) + 1)
        for one in mixed[:when]:
            taker.take(one)
        taker.load(SNAPSHOT)
        for one in mixed[when:]:
            taker.take(one)
        assert taker.state() == whole.state(), seed


@pytest.mark.skipif("CONSUMER" in os.environ, reason="of the consumer that comes with the kit")
def test_who_is_not_in_the_snapshot_is_dropped_and_one_that_is_cut_short_drops_nobody() -> None:
    taker = consumer()
    for one in (*BEFORE, *AFTER):
        taker.take(one)
    before = taker.state()
    for cut in (SNAPSHOT[:-1], ()):
        with pytest.raises(ValueError, match="isn't whole"):
            taker.load(cut)
    assert taker.state() == before
    taker.load(SNAPSHOT)
    assert taker.state() == {"people": RESYNCED, "ended": False}


@pytest.mark.skipif("CONSUMER" in os.environ, reason="of the consumer that comes with the kit")
def test_who_takes_back_what_is_needed_is_known_no_more_and_a_new_grant_begins_anew() -> None:
    said = (("granted", 1), ("withdrawn", 3), ("granted", 5))
    given = [event("Consent Changed", n, "jane", purpose="advertising", state=state) for state, n in said]
    entered = [event("Segment Entered", n, "jane", segment="vip") for n in (2, 3)]
    snapshot = (line("jane", 5, vip=(True, 2)), {"at": "2026-11-21T09:40:00.000Z", "people": 1})
    for is_loaded_first in (True, False):
        taker = type(consumer())(["advertising"])
        for one in (entered[0], *given[:2], entered[1]):
            taker.take(one)
        assert taker.state()["people"] == {}
        taker.take(given[2])
        assert taker.state()["people"] == {"jane": {"purpose:advertising": "granted"}}
        taker = taker if not is_loaded_first else type(taker)(["advertising"])
        taker.load(snapshot)
        taker.take(given[1])
        assert taker.state()["people"]["jane"]["segment:vip"] == "entered", "what was withheld comes by a snapshot"


@pytest.mark.skipif("CONSUMER" in os.environ, reason="of the consumer that comes with the kit")
def test_the_consumer_of_the_kit_knows_who_is_where() -> None:
    taker = consumer()
    for one in SCENE:
        taker.take(one)
    assert taker.state() == {"people": KNOWN, "ended": False}
