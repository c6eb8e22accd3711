"""What docs/duplicates.md says of the FEBRL sets is what is measured."""

import pytest

from shared.duplicates.matching import PEOPLE
from tests.febrl import SETS, measure, row_of, rows
from tests.unit.structure.repository import text


def test_febrl_4_without_its_number_is_found_well_enough_and_as_documented() -> None:
    measured = measure(4, PEOPLE)
    assert measured.f1 >= 0.95
    assert row_of(4, "without", measured) in text("docs/duplicates.md")


@pytest.mark.slow
@pytest.mark.parametrize("number", SETS)
def test_every_set_is_found_as_documented(number: int) -> None:
    for row in rows(number):
        assert row in text("docs/duplicates.md")
