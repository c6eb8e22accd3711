"""Ours beside others, in one run: what a company would otherwise take."""

from bench.racing.engines import race
from bench.results import Part


def measure(is_whole: bool) -> Part:
    return Part("races", "Races", (race(is_whole),))
