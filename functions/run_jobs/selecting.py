"""Finds the people that a job is about, by segmented scans that go on where they stopped, and writes their ids down."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from functions.run_jobs.settings import Doors
from shared.aws.dynamo import Key, Segment
from shared.domain.identity import owner
from shared.domain.jobs import Job, advanced
from shared.domain.selections import FOUND, SEGMENTS, selecting
from shared.stores.event_store import Happened

Find = Callable[[Segment], tuple[set[str], Key | None, int]]
"""Ids of the people of a page, where to go on, and how many were looked at for it."""


def select(doors: Doors, job: Job, find: Find | None = None) -> Job:
    """A page of each segment that isn't read to its end; `find` where not all of them are the job's people."""
    segments: Mapping[str, Key | None] = selecting(job)
    find = find or (lambda segment: _page(doors, job, segment))
    with ThreadPoolExecutor(SEGMENTS) as pool:
        pages = pool.map(lambda number: find(Segment(int(number), SEGMENTS, segments[number])), segments)
        read = dict(zip(segments, pages, strict=True))
    doors.jobs.add_people(job.id, {one for ids, _, _ in read.values() for one in ids}, datetime.now(UTC))
    left = {number: after for number, (_, after, _) in read.items() if after}
    looked = sum(number for _, _, number in read.values())
    so_far = {FOUND: job.position.get(FOUND, 0) + sum(len(ids) for ids, _, _ in read.values())}
    position = {"segments": left, **so_far} if left else so_far
    return advanced(job, position, {"pages": len(read), **({"looked_at": looked} if looked else {})})


def _page(doors: Doors, job: Job, segment: Segment) -> tuple[set[str], Key | None, int]:
    if job.params.get("all"):
        ids, after, _ = doors.profiles.scan_ids(segment)
        return set(ids), after, 0
    source, first, last = (job.params.get(name, "") for name in ("source", "from", "to"))
    found = doors.events.scan(segment, source, first, last)
    return owners(doors, found.events), found.after, 0


def owners(doors: Doors, events: Iterable[Happened]) -> set[str]:
    """Whose these events are. What stitching has yet to see belongs to nobody, and is left to it."""
    by_anchor = {(one.anchor, one.time) for one in events}
    ownerships = doors.profiles.ownerships({anchor for anchor, _ in by_anchor})
    owned = {owner(ownerships[anchor].periods, time) for anchor, time in by_anchor if anchor in ownerships}
    return set(doors.profiles.live_ids(one for one in owned if one).values())
