"""How long an event takes to each stage on the local cloud, idle and at load."""

import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from bench.results import Part, Table
from bench.waiting.cloud import Cloud, own_cloud
from bench.waiting.emulator import hops
from bench.waiting.stages import Sent, rows, ways

WARM = 20
"""Events before any counts: functions start, and read what is declared."""
SENDERS = 8
"""Requests at once: the emulator has a process of its own for each."""
WARM_SECONDS = 3
"""Of the load, before it counts: so many more of each function start."""
PATIENCE = 120.0
PAUSE, SPREAD = 0.1, 0.3
"""Seconds between events, and how much longer some are: what polls in steps is met at each of its moments."""
_UNEVEN = 0.6180339887
_COLUMNS = ("milliseconds to", "p50", "p90", "p99", "most", "never came")


def measure(is_whole: bool) -> Part:
    rate, seconds = (50, 30) if is_whole else (20, 15)
    with own_cloud() as cloud:
        one_by_one(cloud, WARM)
        idle = one_by_one(cloud, 500 if is_whole else 100)
        title = f"Idle: {len(idle)} events, each sent once the one before was at the webhook"
        calm = Table("idle", title, _COLUMNS, rows(_ways(cloud, idle)), _busy())
        own = hops(cloud, float(str(calm.rows[-1][1])))
        at_rate(cloud, rate, WARM_SECONDS)
        loaded = at_rate(cloud, rate, seconds)
        took = max(one.accepted for one in loaded) - loaded[0].at
        title = f"At load: {len(loaded)} events due at {rate} a second, taken at {len(loaded) / took:.0f} a second"
        busy = Table("load", title, _COLUMNS, rows(_ways(cloud, loaded)), _busy())
    return Part("latency", "Latency on the local cloud", (calm, own, busy))


def _busy() -> str:
    return (
        "All of it, emulator, functions, sender and webhook, on this machine, whose load was "
        f"{os.getloadavg()[0]:.1f}; the emulator has no batching windows."
    )


def one_by_one(cloud: Cloud, number: int) -> list[Sent]:
    found = []
    for place in range(number):
        sent = cloud.send()
        found.append(sent)
        _until(lambda: sent.correlation_id in cloud.receiver.heard)  # noqa: B023 - waited for at once
        time.sleep(PAUSE + place * _UNEVEN % SPREAD)
    return found


def at_rate(cloud: Cloud, rate: int, seconds: int) -> list[Sent]:
    """Each has its turn; whatever keeps it waiting counts."""
    start = time.time()

    def at_its_turn(number: int) -> Sent:
        turn = start + number / rate
        time.sleep(max(0.0, turn - time.time()))
        return cloud.send(turn)

    with ThreadPoolExecutor(SENDERS) as pool:
        found = list(pool.map(at_its_turn, range(rate * seconds)))
    _until(lambda: all(one.correlation_id in cloud.receiver.heard for one in found))
    return sorted(found, key=lambda one: one.at)


def _ways(cloud: Cloud, sent: Sequence[Sent]) -> list[tuple[float | None, ...]]:
    return ways(sent, cloud.stored(), cloud.folded(), cloud.published(), cloud.receiver.heard)


def _until(holds: Callable[[], bool]) -> None:
    """What hasn't come by then is told as never come."""
    end = time.monotonic() + PATIENCE
    while not holds() and time.monotonic() < end:
        time.sleep(0.002)
