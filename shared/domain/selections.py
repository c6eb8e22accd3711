"""Which people a job over many is about, and where it begins."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from shared.domain.jobs import Job

SEGMENTS = 4
"""Of a table that is read side by side."""

SKIPPED = "skipped"

FOUND = "found"
"""In the position of a job: how many people it is about, as far as it has read."""


def to_be_read() -> dict[str, Any]:
    """Where a job begins that has yet to find its people: by segment, the key behind which it goes on."""
    return {"segments": {str(number): None for number in range(SEGMENTS)}}


def selecting(job: Job) -> Mapping[str, Any]:
    """The segments that the job hasn't read to their end; none where its people are found."""
    segments: Mapping[str, Any] = job.position.get("segments", {})
    return segments


def with_skipped(job: Job) -> Job:
    """The job at the beginning of another turn: of those that it skipped."""
    turn = job.position.get("turn", 0) + 1
    return replace(job, position={"turn": turn, "after": ""}, counts={**job.counts, SKIPPED: 0}, findings=())
