"""What one blocking rule's pairs teach, and how it is mixed with what was held likely before."""

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from statistics import median
from typing import Any, NamedTuple

from splink import DuckDBAPI, Linker, block_on

from shared.duplicates.levels import Level
from shared.duplicates.matching import Blocking, Matching
from shared.duplicates.people import TABLE
from shared.lake.scratch import Scratch

Settings = dict[str, Any]
MOST_SAMPLED = 1_000_000
FEWEST_PAIRS = 50
_FEWEST_DUPLICATES = 10
_AS_IF_SEEN = 10
"""What levels.py holds likely counts like so many known duplicates: it decides where there are few, and fades."""


class Lesson(NamedTuple):
    """What a rule taught, `m` by comparison and level, and from how many duplicates."""

    rule: str
    m: Mapping[tuple[str, str], float]
    duplicates: float


def learn(scratch: Scratch, settings: Settings, matching: Matching, rule: Blocking, pairs: int) -> Lesson | None:
    """By expectation maximisation among those who share the rule's fields, `pairs` pairs; None where too few of them
    are duplicates.
    """
    linker = Linker(DuckDBAPI(scratch.database).register(TABLE), deepcopy(settings), log_level="ERROR")
    try:
        session = linker.training.estimate_parameters_using_expectation_maximisation(
            block_on(*rule.fields), estimate_without_term_frequencies=True, max_pairs=MOST_SAMPLED
        )
    except ValueError:  # Splink refuses its own result, an m of 0, where no duplicate is left among the pairs
        return None
    share = session.core_model_settings.probability_two_random_records_match
    if share * pairs < _FEWEST_DUPLICATES:
        return None
    shared = {name for name, fields in matching.comparisons().items() if set(fields) & set(rule.fields)}
    found = linker.misc.save_model_to_json()
    m = {key: level.get("m_probability") for key, level, _ in _levels(found, matching)}
    return Lesson(rule.name, {key: value for key, value in m.items() if value and key[0] not in shared}, share * pairs)


def temper(settings: Settings, matching: Matching, sampled: float) -> None:
    """Mix each `u`, learnt from so many random pairs, with what was held likely; a level never seen stays as it was
    held: a postcode without a city may be seen at none of the random pairs and yet be common.
    """
    for _, level, prior in _levels(settings, matching):
        level["u_probability"] = _mixed(level.get("u_probability", prior.u), sampled, prior.u)


def teach(settings: Settings, matching: Matching, lessons: Sequence[Lesson]) -> None:
    """Set each `m` to the median of the lessons, mixed with what was held likely."""
    for key, level, prior in _levels(settings, matching):
        told = [lesson for lesson in lessons if key in lesson.m]
        if told:
            learnt, times = median(lesson.m[key] for lesson in told), max(lesson.duplicates for lesson in told)
            level["m_probability"] = _mixed(learnt, times, prior.m)


def _levels(settings: Settings, matching: Matching) -> Iterator[tuple[tuple[str, str], dict[str, Any], Level]]:
    """Every level that weighs something, with its comparison's name and its own, and what is declared of it."""
    for comparison in settings["comparisons"]:
        name = comparison["output_column_name"]
        declared = {level.name: level for level in matching.levels(name)}
        for level in comparison["comparison_levels"]:
            if not level.get("is_null_level"):
                label = level["label_for_charts"]
                yield (name, label), level, declared[label]


def _mixed(learnt: float, times: float, prior: float) -> float:
    """The mean of both, each as often as it counts."""
    return (learnt * times + prior * _AS_IF_SEEN) / (times + _AS_IF_SEEN)
