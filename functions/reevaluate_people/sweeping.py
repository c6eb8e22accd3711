"""The sweep: whoever is due soon goes from the index into the queue, which holds them back until the moment."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import NamedTuple

from functions.reevaluate_people.settings import Doors
from shared.aws.batching import chunks
from shared.aws.observability import count
from shared.aws.queues import Delayed, send_delayed
from shared.contracts.queues import reevaluations
from shared.domain.due_moments import AHEAD, GRACE, minute_of, minutes, seconds_until
from shared.stores.contention import ContentionError, contention
from shared.stores.due_marks import SHARDS, Mark

_AT_ONCE = 500
"""Marks of a shard that are handed over before they are deleted."""


class Swept(NamedTuple):
    """Of one shard: marks handed over, and minutes done from the first on."""

    due: int
    done: int
    is_contended: bool = False


def sweep(to: Doors, clock: Callable[[], datetime], has_time: Callable[[], bool]) -> dict[str, int | str]:
    """All marks up to AHEAD of now, from the minute on at which the last sweep left off. What time doesn't suffice for,
    or AWS is too busy for, is the next one's.
    """
    now = clock()
    first = to.progress.begin(now)
    if first is None:
        count("SweepsLeft")
        return {"left": "another is under way"}
    ahead, begin = minutes(first, minute_of(now + AHEAD)), first
    try:
        with ThreadPoolExecutor(SHARDS) as pool:
            swept = list(pool.map(lambda shard: _sweep_shard(to, ahead, shard, clock, has_time), range(SHARDS)))
        done = min(one.done for one in swept)
        begin = min([minute_of(now - GRACE), *ahead[done : done + 1]])
    finally:
        to.progress.end(begin)
    due = sum(one.due for one in swept)
    count("SweepsDone")
    count("PeopleDue", due)
    count("ShardsContended", sum(one.is_contended for one in swept))
    count("MinutesBehind", len(ahead) - done)
    return {"due": due, "minutes": done, "minutes_left": len(ahead) - done}


def _sweep_shard(
    to: Doors, ahead: Sequence[str], shard: int, clock: Callable[[], datetime], has_time: Callable[[], bool]
) -> Swept:
    due = 0
    for done, minute in enumerate(ahead):
        if not has_time():
            return Swept(due, done)
        try:
            for marks in chunks(to.marks.of_minute(minute, shard), _AT_ONCE):
                if not has_time():
                    return Swept(due, done)
                _hand_over(to, marks, clock())
                due += len(marks)
        except ContentionError:
            return Swept(due, done, is_contended=True)
    return Swept(due, len(ahead))


def _hand_over(to: Doors, marks: Sequence[Mark], now: datetime) -> None:
    """Sent, then forgotten: who is sent twice is looked at twice, which changes nothing."""
    messages = reevaluations(marks)
    with contention():
        send_delayed(to.queue_url, [Delayed(one.model_dump_json(), seconds_until(one.due, now)) for one in messages])
        to.marks.forget(marks)
