"""Finds probable duplicates among people: who shares something is compared, and who agrees enough becomes a pair."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.domain.proposals import Evidence, Pair
from shared.duplicates.blocking import Bounds, Passed, block
from shared.duplicates.learning import Settings
from shared.duplicates.matching import PEOPLE, Matching
from shared.duplicates.model import score, train
from shared.duplicates.people import Person, load
from shared.lake.scratch import Scratch, scratch

LIKELY = 0.9


@dataclass(frozen=True, slots=True)
class Limits:
    """Above `people` nothing is found and PeopleError raised; of the pairs found the weightiest `found` are kept.
    What doesn't fit into `memory_mb` goes to disk.
    """

    people: int = 5_000_000
    found: int = 100_000
    memory_mb: int = 2048
    bounds: Bounds = field(default_factory=Bounds)


@dataclass(frozen=True, slots=True)
class Found:
    """`pairs` by falling weight; `above` is how many were likely enough, `passed` what each blocking rule led to,
    `learnt_from` those rules that taught the model something: without any it weighs as levels.py says.
    """

    pairs: tuple[Pair, ...]
    people: int
    compared: int
    above: int
    passed: Mapping[str, Passed]
    learnt_from: tuple[str, ...] = ()


def find(
    people: Iterable[Person], matching: Matching = PEOPLE, threshold: float = LIKELY, limits: Limits | None = None
) -> Found:
    """The same people in any order give the same pairs."""
    limits = limits or Limits()
    with scratch(limits.memory_mb) as opened:
        opened.run("SET threads = 1")  # sums of floats depend on their order
        count = load(opened, people, matching, limits.people)
        passed = block(opened, matching, limits.bounds)
        compared = int(opened.rows("SELECT count(*) FROM pairs")[0][0])
        if not compared:
            return Found((), count, 0, 0, passed)
        trained = train(opened, matching, count, passed)
        scored = score(opened, trained.settings, threshold)
        above = int(opened.rows(f"SELECT count(*) FROM {scored}")[0][0])
        pairs = tuple(_pairs(opened, scored, trained.settings, matching, limits.found))
    return Found(pairs, count, compared, above, passed, trained.learnt_from)


def _pairs(opened: Scratch, scored: str, settings: Settings, matching: Matching, most: int) -> Iterator[Pair]:
    """Ordered by what is printed of a weight, so that its last bits decide nothing."""
    asked = opened.database.execute(
        f"SELECT * FROM {scored} ORDER BY round(match_weight, 2) DESC, profile_id_l, profile_id_r LIMIT ?", [most]
    )
    names = [str(column[0]) for column in asked.description or ()]
    fields = [comparison["output_column_name"] for comparison in settings["comparisons"]]
    while rows := asked.fetchmany(1000):
        for row in rows:
            yield _pair(dict(zip(names, row, strict=True)), fields, matching)


def _pair(row: Mapping[str, Any], fields: Iterable[str], matching: Matching) -> Pair:
    first, second = sorted((row["profile_id_l"], row["profile_id_r"]))
    return Pair(
        first,
        second,
        probability=round(row["match_probability"], 6),
        weight=round(row["match_weight"], 2),
        evidence=tuple(_evidence(row, name, matching) for name in fields if row[f"gamma_{name}"] >= 0),
        met_by=tuple(matching.blocking[int(number)].name for number in row["match_key"].split(",")),
    )


def _evidence(row: Mapping[str, Any], name: str, matching: Matching) -> Evidence:
    """Splink counts levels from the last, 0; what a rare value adds is part of its weight."""
    weight = row[f"mw_{name}"] + row.get(f"mw_tf_adj_{name}", 0.0)
    return Evidence(name, matching.levels(name)[-1 - row[f"gamma_{name}"]].name, round(weight, 2))
