"""Ours beside others, in one run: what a company would otherwise take."""

from bench.racing.engines import race
from bench.racing.previews import previews
from bench.racing.stitching import stitching
from bench.results import Part


def measure(is_whole: bool) -> Part:
    stitched, goals = stitching(is_whole)
    return Part("races", "Races", (stitched, *previews(is_whole), race(is_whole)), goals)
