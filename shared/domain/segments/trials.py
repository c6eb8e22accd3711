"""Trials: previews and dry runs of a segment that somebody asked for. A function runs them, and they are kept a day."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from shared.domain.segments.definition import Segment
from shared.domain.times import from_text, to_text

Kind = Literal["preview", "dry_run"]
TrialState = Literal["queued", "running", "done", "failed"]

KEPT = timedelta(days=1)
MOST_TRIES = 3
"""Beginnings, before it has failed."""

MOST_SAMPLE = 20
MOST_PEOPLE = 10_000
MOST_PAST = timedelta(days=3653)
"""Of a dry run: what it comes to is one item, with each day on which anything changed."""


@dataclass(frozen=True, slots=True)
class Trial:
    """`segment` is as it was asked for. `result` has numbers and ids of profiles, no value of a person. `version` 0 is
    a trial that isn't stored yet.
    """

    id: str
    kind: Kind
    segment: Segment
    created_by: str
    created_at: str
    params: Mapping[str, Any] = field(default_factory=dict)
    state: TrialState = "queued"
    result: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""
    message: str = ""
    tries: int = 0
    version: int = 0

    @property
    def is_open(self) -> bool:
        return self.state in ("queued", "running")

    @property
    def expires_at(self) -> str:
        return to_text(from_text(self.created_at) + KEPT)

    def is_over(self, now: datetime) -> bool:
        """Whether nobody may be told of it any more."""
        return to_text(now) >= self.expires_at


def begun(trial: Trial) -> Trial:
    """As somebody goes about it; one that was begun too often has failed."""
    if trial.tries >= MOST_TRIES:
        return failed(trial, "gave_up", f"It broke off {MOST_TRIES} times.")
    return replace(trial, state="running", tries=trial.tries + 1)


def done(trial: Trial, result: Mapping[str, Any]) -> Trial:
    return replace(trial, state="done", result=result, reason="", message="")


def failed(trial: Trial, reason: str, message: str) -> Trial:
    return replace(trial, state="failed", reason=reason, message=message)
