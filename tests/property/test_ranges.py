"""Sets as ranges: they hold exactly what was put in, for any order, and come back from their bytes."""

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.ranges import Ranges

bounds = st.tuples(st.integers(0, 60), st.integers(0, 8)).map(lambda pair: (pair[0], pair[0] + pair[1]))
KINESIS = 49590338271490256608559692538361571095921575989136588898


def numbers(spans: list[tuple[int, int]]) -> set[int]:
    return {number for first, last in spans for number in range(first, last + 1)}


def held(ranges: Ranges) -> set[int]:
    return {number for number in range(80) if number in ranges}


@given(st.lists(bounds))
def test_a_union_holds_what_any_part_holds(spans: list[tuple[int, int]]) -> None:
    ranges = Ranges().united(spans)
    assert held(ranges) == numbers(spans)
    assert ranges.last == max(numbers(spans), default=-1)
    assert list(ranges.spans) == sorted(ranges.spans)


@given(st.lists(bounds), bounds)
def test_what_is_taken_out_is_gone_and_the_rest_stays(spans: list[tuple[int, int]], out: tuple[int, int]) -> None:
    assert held(Ranges().united(spans).without(*out)) == numbers(spans) - numbers([out])


@given(st.lists(bounds))
def test_ranges_come_back_from_their_bytes(spans: list[tuple[int, int]]) -> None:
    ranges = Ranges().united((KINESIS + first, KINESIS + last) for first, last in spans)
    assert Ranges.from_bytes(ranges.to_bytes()) == ranges
