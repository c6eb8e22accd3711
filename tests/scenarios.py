"""Known scenarios of identity as data: what is sent in which order, and which people there are then.

`tests/fixtures/identity_scenarios.json` has them; the pure resolver and the deployed stack are held to the same.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from shared.domain.identifiers import is_blocked

_FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
_PHONE = ("1234", "5678")
Body = Mapping[str, Any]


@dataclass(frozen=True)
class Step:
    """An event: `day` it happened on, `message_id` where two steps are the same message."""

    body: Body
    day: float
    message_id: str = ""


@dataclass(frozen=True)
class Scenario:
    """`people` are sets of `namespace:value`; `any_order` where no protection fires."""

    name: str
    steps: tuple[Step, ...]
    people: frozenset[frozenset[str]]
    merges: int
    any_order: bool

    def apart(self, tag: str, digits: str) -> "Scenario":
        """The same with identifiers that nobody else has: `tag` in ids and addresses, eight `digits` in phones.

        Blocked values stay: they are everybody's.
        """
        own = partial(_own, tag=tag, digits=digits)
        people = frozenset(frozenset(f"{n}:{own(n, v)}" for n, v in map(_parted, one)) for one in self.people)
        steps = tuple(
            Step(_body({n: own(n, v) for n, v in _flat(step.body).items()}), step.day, _tagged(step.message_id, tag))
            for step in self.steps
        )
        return Scenario(self.name, steps, people, self.merges, self.any_order)


def _body(identifiers: Mapping[str, Any]) -> Body:
    traits = {name: identifiers[name] for name in ("email", "phone") if identifiers.get(name)}
    ids = {"userId": identifiers.get("user_id"), "anonymousId": identifiers.get("anonymous_id")}
    return {**{name: value for name, value in ids.items() if value is not None}, "properties": traits}


def _flat(body: Body) -> dict[str, str]:
    ids = {"user_id": body.get("userId"), "anonymous_id": body.get("anonymousId"), **body["properties"]}
    return {name: value for name, value in ids.items() if value is not None}


def _parted(identifier: str) -> tuple[str, str]:
    namespace, _, value = identifier.partition(":")
    return namespace, value


def _own(namespace: str, value: str, tag: str, digits: str) -> str:
    if is_blocked(value):
        return value
    if namespace == "email":
        return value.replace("@", f"@{tag}.")
    if namespace == "phone":
        for old, new in zip(_PHONE, (digits[:4], digits[4:]), strict=True):
            value = value.replace(old, new).replace(old.translate(_FULL_WIDTH), new.translate(_FULL_WIDTH))
        return value
    return _tagged(value, tag)


def _tagged(text: str, tag: str) -> str:
    return f"{text}-{tag}" if text else ""


def _scenario(entry: Mapping[str, Any]) -> Scenario:
    steps = tuple(Step(_body(event), event["t"], event.get("mid", "")) for event in entry["events"])
    people = frozenset(frozenset(one) for one in entry["expected_profiles"])
    name = f"{entry['id']}-{entry['name'].replace(' ', '_')}"
    return Scenario(name, steps, people, entry["merges"], entry["order_insensitive"])


SCENARIOS = tuple(map(_scenario, json.loads((Path(__file__).parent / "fixtures/identity_scenarios.json").read_text())))
