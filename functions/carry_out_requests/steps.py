"""What a step of a privacy request comes to. Each may be done again from its beginning, and ends the same."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from functions.carry_out_requests.settings import Doors
from shared.domain.privacy_requests import PrivacyRequest

HasTime = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Done:
    """What the request says of the step from then on, in numbers and ids. With `wait_seconds` it is done again after
    them, and counts then. `profile_id` is whom it was done for, empty where that is left as it is.
    """

    result: Mapping[str, Any] = field(default_factory=dict)
    wait_seconds: int = 0
    profile_id: str = ""


@dataclass(frozen=True, slots=True)
class Again:
    """There is more to do, after `wait_seconds`; `progress` is what the request says of it meanwhile."""

    wait_seconds: int = 0
    progress: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Failed:
    """A person must look at it. Steps of these names are done again when it is taken up."""

    reason: str
    undone: tuple[str, ...] = ()


class HeldError(Exception):
    """It can't go on for a while; the message says why, without a value of a person."""


Step = Callable[[Doors, PrivacyRequest, HasTime], Done | Again | Failed]
