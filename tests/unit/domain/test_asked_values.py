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
