"""How far the lake is built: hours are taken one after the other, and an hour that failed is taken again."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from functions.build_lake.settings import Doors
from shared.aws.objects import find_object, put_object
from shared.domain.times import from_text, hours, to_text
from shared.stores.outcome_log import KEPT_DAYS

_KEY = "lake/progress.json"
_HOUR = len("2026-11-21T09")
CLOSES = timedelta(minutes=5)
"""So long after its end an hour gets no more objects: store_events runs three minutes at most; clocks differ."""

OLDEST = timedelta(days=KEPT_DAYS - 1)
"""Older hours may have lost some of their objects: built again they would lose events."""


class HourGoneError(Exception):
    """The outcome objects of an hour aren't all there any more."""


def due_hours(doors: Doors, now: datetime) -> Iterator[str]:
    """Every closed hour that isn't built yet, oldest first."""
    found = find_object(doors.lake.bucket, _KEY)
    first = doors.outcomes.first_hour()
    if found:
        first = hour_of(moment_of(json.loads(found.body)["built"]) + timedelta(hours=1))
    if first:
        yield from hours(max(moment_of(first), now - OLDEST), now - CLOSES - timedelta(hours=1))


def checked(hour: str, now: datetime) -> str:
    """The hour, or HourGoneError where it is too old to be built again."""
    if hour < hour_of(now - OLDEST):
        raise HourGoneError(f"{hour} is more than {OLDEST.days} days ago: its outcome objects are going")
    return hour


def built(doors: Doors, hour: str) -> None:
    put_object(doors.lake.bucket, _KEY, json.dumps({"built": hour}).encode())


def hour_of(moment: datetime) -> str:
    return to_text(moment.astimezone(UTC))[:_HOUR]


def moment_of(hour: str) -> datetime:
    return from_text(f"{hour}:00")
