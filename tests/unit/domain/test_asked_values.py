"""What a process remembers of the values that it met."""

import tracemalloc

from shared.domain.segments.asked_values import MOST_KNOWN, AskedValues
from shared.domain.segments.definition import OfTrait


def test_long_texts_are_told_apart_and_not_remembered() -> None:
    values = AskedValues()
    values.add(OfTrait("bio", "text", "contains", "42"), {True: 1, False: 2, None: 4})
    tracemalloc.start()
    told = [values.bits(f"{number:08000d}") for number in range(MOST_KNOWN // 4)]
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert told[42] == told[420] == 1
    assert told[43] == 2
    assert held < 1_000_000


def test_thousands_of_values_that_set_the_same_are_remembered_with_one_number() -> None:
    values, thousands = AskedValues(), 1 << 16_000
    values.add(OfTrait("email", "text", "ends_with", "7"), {True: thousands, False: thousands << 1, None: 0})
    tracemalloc.start()
    told = {values.bits(f"u{number}") for number in range(MOST_KNOWN - 1)}
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert told == {thousands, thousands << 1}
    assert held < 1_500_000


def test_true_is_not_1_and_nothing_is_not_0() -> None:
    values = AskedValues()
    values.add(OfTrait("vip", "boolean", "eq", True), {True: 1, False: 2, None: 4})
    assert [values.bits(one) for one in (1, True, False, 0, None, 1.0, True, None)] == [4, 1, 2, 4, 4, 4, 1, 4]
