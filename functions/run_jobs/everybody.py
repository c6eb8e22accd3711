"""What jobs over many people share: they are found first, then each is taken once, at the rate that was asked for."""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, NamedTuple

from functions.run_jobs.selecting import Find, select
from functions.run_jobs.settings import Doors
from shared.domain.jobs import Job, advanced, done
from shared.domain.selections import SKIPPED, selecting
from shared.stores.profile_items import ProfileTooLargeError
from shared.stores.profile_store import ContentionError

MOST_AT_ONCE = 50
WORKERS = 8


class Taken(NamedTuple):
    """How it went with one person: what is counted, and what was found. SKIPPED ones are taken when it is resumed.
    `more` is counted beside it.
    """

    outcome: str
    findings: tuple[Mapping[str, Any], ...] = ()
    more: tuple[str, ...] = ()


def skipped(profile_id: str, why: str) -> Taken:
    return Taken(SKIPPED, ({"profile_id": profile_id, "what": why},))


def step(doors: Doors, job: Job, take: Callable[[str], Taken], find: Find | None = None) -> Job:
    """Find the next of its people, or take the next of those that were found."""
    return select(doors, job, find) if selecting(job) else _take_some(doors, job, take)


def in_hand(doors: Doors, job: Job) -> list[str]:
    """Who is taken next, or was by a slice whose end isn't saved."""
    turn, after = job.position.get("turn", 0), job.position.get("after", "")
    return doors.jobs.people(job.id, min(MOST_AT_ONCE, job.params["rate"]), after, turn)


def _take_some(doors: Doors, job: Job, take: Callable[[str], Taken]) -> Job:
    turn, rate, ids = job.position.get("turn", 0), job.params["rate"], in_hand(doors, job)
    if not ids:
        return done(job)
    begun = time.monotonic()
    with ThreadPoolExecutor(WORKERS) as pool:
        taken = dict(zip(ids, pool.map(lambda one: _taken(one, take), ids), strict=True))
    left_out = [one for one in ids if taken[one].outcome == SKIPPED]
    doors.jobs.add_people(job.id, left_out, datetime.now(UTC), turn + 1)
    time.sleep(max(0.0, len(ids) / rate - (time.monotonic() - begun)))
    counts = Counter(name for one in taken.values() for name in (one.outcome, *one.more))
    findings = [finding for one in taken.values() for finding in one.findings]
    return advanced(job, {**job.position, "turn": turn, "after": ids[-1]}, {"people": len(ids), **counts}, findings)


def _taken(profile_id: str, take: Callable[[str], Taken]) -> Taken:
    try:
        return take(profile_id)
    except ContentionError:
        return skipped(profile_id, "contention")
    except ProfileTooLargeError:
        return skipped(profile_id, "profile_too_large")
