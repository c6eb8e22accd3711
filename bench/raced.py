"""Contenders timed by turns in one process: CPU per event, the median of rounds that none was favoured in."""

import gc
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

Work = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Contender:
    """`works` has a fresh piece of work for each round; each is about so many `events`."""

    name: str
    works: Iterator[tuple[int, Work]]


def raced(contenders: Sequence[Contender], rounds: int) -> dict[str, list[float]]:
    """CPU microseconds per event of each, by round. The first round warms up and is left out."""
    spent: dict[str, list[float]] = {contender.name: [] for contender in contenders}
    for turn in range(rounds + 1):
        for contender in contenders:
            events, work = next(contender.works)
            gc.collect()
            started = time.process_time()
            work()
            microseconds = (time.process_time() - started) * 1e6 / events
            if turn:
                spent[contender.name].append(microseconds)
    return spent


def medians(spent: Mapping[str, Sequence[float]]) -> dict[str, float]:
    return {name: statistics.median(rounds) for name, rounds in spent.items()}
