"""Declared comparisons as Splink takes them."""

from typing import Any

from splink.comparison_level_library import CustomLevel
from splink.comparison_library import CustomComparison

from shared.duplicates.levels import COUNTS_RARITY, SAME, swapped
from shared.duplicates.matching import Matching


def comparison_of(name: str, fields: tuple[str, ...], matching: Matching) -> CustomComparison:
    first = matching.field(fields[0])
    values = {"l": f"{first.name}_l", "r": f"{first.name}_r"}
    if first.swaps_with:
        values["swapped"] = swapped(first.name, first.swaps_with)
    levels: list[Any] = [_unknown(name, fields, matching)]
    for level in matching.levels(name):
        rarity = first.name if level.name == SAME and first.kind in COUNTS_RARITY else None
        levels.append(
            CustomLevel(level.condition.format(**values), level.name).configure(
                m_probability=level.m,
                tf_adjustment_column=rarity,
                disable_tf_exact_match_detection=rarity is not None,
            )
        )
    return CustomComparison(output_column_name=name, comparison_levels=levels)


def _unknown(name: str, fields: tuple[str, ...], matching: Matching) -> Any:
    """No field that both have, or one whose swap another field has counted: it speaks neither for nor against."""
    missing = " AND ".join(f"({field}_l IS NULL OR {field}_r IS NULL)" for field in fields)
    counted = [swapped(field.name, name) for field in matching.fields if field.swaps_with == name]
    return CustomLevel(" OR ".join([missing, *counted]), "unknown").configure(is_null_level=True)
