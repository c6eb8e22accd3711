"""Retention duties: what a law obliges a company to keep of people, erased ones too, apart from all else."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar, NamedTuple

from shared.domain.event_names import event_name
from shared.domain.events import Event
from shared.domain.strict import Whole
from shared.domain.times import from_text

LONGEST_DUTY_DAYS = 36_500


@dataclass(frozen=True, slots=True)
class RetentionDuty:
    """Events of these names are kept for so many days from when they happened; `basis` is the law."""

    id: str
    name: str
    events: tuple[str, ...]
    days: Whole
    basis: str
    version: int = 0

    KIND: ClassVar[str] = "retention_duty"
    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}


class Kept(NamedTuple):
    """An event that a duty keeps, until an epoch second."""

    duty: RetentionDuty
    event: Event
    until: int


def kept(duties: Iterable[RetentionDuty], event: Event, now: float) -> list[Kept]:
    """What has to be kept of an event, by each duty that isn't over."""
    name = event_name(event.type, event.name)
    found = [duty for duty in duties if name and name in duty.events]
    ends = [(duty, int((from_text(event.time) + timedelta(days=duty.days)).timestamp())) for duty in found]
    return [Kept(duty, event, until) for duty, until in ends if until > now]
