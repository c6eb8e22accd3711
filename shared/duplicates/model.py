"""The Fellegi-Sunter model: how much each level of agreement weighs, learnt without labels from the people themselves.

Splink estimates it: `u` from random pairs, `m` by expectation maximisation among pairs that a blocking rule brought.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from splink import DuckDBAPI, Linker, SettingsCreator

from shared.duplicates.blocking import PAIRS, Passed
from shared.duplicates.comparisons import comparison_of
from shared.duplicates.learning import FEWEST_PAIRS, MOST_SAMPLED, Settings, learn, teach, temper
from shared.duplicates.levels import MACROS
from shared.duplicates.matching import Matching
from shared.duplicates.people import ID, TABLE
from shared.lake.scratch import Scratch

RECALL = 0.7
"""How many of all duplicates are held to be met by the deterministic rules."""


class Trained(NamedTuple):
    """The model as Splink keeps it, and the blocking rules whose pairs taught it something."""

    settings: Settings
    learnt_from: tuple[str, ...]


def train(scratch: Scratch, matching: Matching, people: int, passed: Mapping[str, Passed]) -> Trained:
    """Learn from the tables `people` and `pairs`."""
    for macro in MACROS:
        scratch.run(macro)
    all_pairs = people * (people - 1) / 2
    told = {name: fields for name, fields in matching.comparisons().items() if _is_told(scratch, fields)}
    declared = SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name=ID,
        comparisons=[comparison_of(name, fields, matching) for name, fields in told.items()],
        blocking_rules_to_generate_predictions=[],
        probability_two_random_records_match=min(0.5, max(_expected(scratch, matching), 1) / all_pairs),
        retain_intermediate_calculation_columns=True,
    )
    linker = Linker(DuckDBAPI(scratch.database).register(TABLE), declared, log_level="ERROR")
    linker.training.estimate_u_using_random_sampling(max_pairs=MOST_SAMPLED, seed=1)
    settings: Settings = linker.misc.save_model_to_json()
    temper(settings, matching, min(all_pairs, MOST_SAMPLED))
    rules = [(rule, passed[rule.name].pairs) for rule in matching.blocking if rule.trains]
    lessons = [learn(scratch, settings, matching, rule, pairs) for rule, pairs in rules if pairs >= FEWEST_PAIRS]
    learnt = [lesson for lesson in lessons if lesson]
    teach(settings, matching, learnt)
    return Trained(settings, tuple(lesson.rule for lesson in learnt))


def score(scratch: Scratch, settings: Settings, threshold: float) -> str:
    """Weigh every pair; the name of the table that has those at or above the probability."""
    database = DuckDBAPI(scratch.database)
    linker = Linker(database.register(TABLE), settings, log_level="ERROR")
    linker.table_management.register_blocked_pairs_for_predict(database.register(PAIRS))
    return str(linker.inference.predict(threshold_match_probability=threshold).physical_name)


def _expected(scratch: Scratch, matching: Matching) -> float:
    """How many duplicates there are, by those whom the deterministic rules bring together."""
    numbers = [str(number) for number, rule in enumerate(matching.blocking) if rule.deterministic]
    met = scratch.rows(f"SELECT count(*) FROM {PAIRS} WHERE list_has_any(split(match_key, ','), ?)", numbers)
    return int(met[0][0]) / RECALL


def _is_told(scratch: Scratch, fields: Iterable[str]) -> bool:
    """Whether at least two people have one of the fields: of another nothing can be learnt or compared."""
    return any(int(scratch.rows(f'SELECT count("{name}") FROM {TABLE}')[0][0]) > 1 for name in fields)
