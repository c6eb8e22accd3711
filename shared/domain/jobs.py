"""Jobs: long operations on people, done in slices, which can be watched, cancelled and taken up again."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

JobState = Literal["queued", "running", "done", "failed", "cancelled"]

MOST_FINDINGS = 100
"""Examples that a job keeps; how many there were is in its counts."""

HOLDING = "split"
"""In the position of a job that holds somebody: the plan of the split that it is carrying out."""

BULK = "bulk"
"""In the position of a job that tells of segments in bulk: their ids. Whom it has written is told before it stops."""

STOP = "stop"

MOST_TRIES = 5
"""Of a slice that fails, before its job does."""


@dataclass(frozen=True, slots=True)
class Job:
    """`kind` says who does it. `params`, `position` and `findings` hold ids, hashes and names, no value of a person.

    `counts` and `findings` are for people; `position` is how far it came, for the kind alone. `tries`: how often the
    slice in hand has failed, and `reason` why. `version` 0 is a job that isn't stored yet.
    """

    id: str
    kind: str
    created_by: str
    created_at: str
    params: Mapping[str, Any] = field(default_factory=dict)
    state: JobState = "queued"
    counts: Mapping[str, int] = field(default_factory=dict)
    position: Mapping[str, Any] = field(default_factory=dict)
    findings: tuple[Mapping[str, Any], ...] = ()
    reason: str = ""
    tries: int = 0
    updated_at: str = ""
    version: int = 0

    @property
    def is_open(self) -> bool:
        return self.state in ("queued", "running")


def advanced(
    job: Job,
    position: Mapping[str, Any],
    counts: Mapping[str, int] | None = None,
    findings: Iterable[Mapping[str, Any]] = (),
) -> Job:
    """The job after a slice: so far, with so many more of each count, and with what it found."""
    added = {name: job.counts.get(name, 0) + number for name, number in (counts or {}).items()}
    kept = (*job.findings, *findings)[:MOST_FINDINGS]
    return replace(
        job,
        state="running",
        position=position,
        counts={**job.counts, **added},
        findings=kept,
        reason="",
        tries=0,
    )


def done(job: Job) -> Job:
    return replace(job, state="done", reason="", tries=0)


def failed(job: Job, reason: str) -> Job:
    return replace(job, state="failed", reason=reason)


def tried(job: Job, reason: str) -> Job:
    """The job after a slice that broke off: it is tried again, or has failed."""
    again = replace(job, state="running", reason=reason, tries=job.tries + 1)
    return failed(again, reason) if again.tries >= MOST_TRIES else again


def cancelled(job: Job) -> Job:
    """What is done stays done. Only of an open job."""
    return replace(job, state="cancelled")


def stopping(job: Job) -> Job:
    """The job as one that is to stop: at once, or once the person whom it holds in the midst of a split is whole, and
    what it did is told.
    """
    if not job.is_open:
        return job
    is_held_up = HOLDING in job.position or BULK in job.position
    return replace(job, position={**job.position, STOP: True}) if is_held_up else cancelled(job)


def resumed(job: Job) -> Job:
    """The job queued again, where it stopped."""
    return replace(job, state="queued", reason="", tries=0)


def frozen_by(token_name: str) -> str:
    """What a profile that an operator froze says of it."""
    return f"by {token_name}"


def frozen_for(job_id: str) -> str:
    """What a profile says that a job froze."""
    return f"job {job_id}"
