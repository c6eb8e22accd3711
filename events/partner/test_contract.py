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


@pytest.mark.skipif("CONSUMER" in os.environ, reason="of the consumer that comes with the kit")
def test_the_consumer_of_the_kit_knows_who_is_where() -> None:
    taker = consumer()
    for one in SCENE:
        taker.take(one)
    assert taker.state() == {"people": KNOWN, "ended": False}
