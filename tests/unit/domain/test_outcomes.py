"""Refusals that are alike stand at one place, in counts and in quarantine."""

import pytest

from shared.domain.outcomes import place_of, refusal_note


@pytest.mark.parametrize(
    ("reason", "field", "place"),
    [
        ("invalid_event", "properties.products.3.price", "properties.products.price"),
        ("missing_field", "userId", "userId"),
        ("too_deep", None, None),
        ("unreadable_row", "line 8 of orders.csv", None),
    ],
)
def test_members_of_a_list_and_lines_of_files_are_alike(reason: str, field: str | None, place: str | None) -> None:
    assert place_of(reason, field) == place
    assert refusal_note(reason, field) == ":".join(filter(None, ("quarantined", reason, place)))
