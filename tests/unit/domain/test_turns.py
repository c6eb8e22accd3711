"""The rate of a destination: how many facts go in a second, in whatever order and by whatever clocks they ask."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.turns import Pace, turns

NEW, WAITED = False, True
NOW = 1_000.0

asks = st.lists(
    st.tuples(st.floats(0, 5, allow_nan=False).map(lambda seconds: NOW + seconds), st.lists(st.booleans(), max_size=6)),
    max_size=12,
)


def test_what_is_over_the_rate_gets_turns_from_the_next_second_on() -> None:
    pace, found = turns(Pace(), [NEW] * 5, 2, NOW + 0.9)
    assert found == [None, None, 1001.0, 1001.5, 1002.0]
    assert turns(pace, [NEW], 2, NOW + 0.95)[1] == [1002.5]
    assert turns(pace, [NEW], 2, NOW + 2.4)[1] == [1003.0]  # others are in line, though nobody was let go since
    assert turns(pace, [NEW, NEW, NEW], 2, NOW + 2.5)[1] == [None, None, 1003.0]


def test_whose_turn_has_come_goes_before_who_is_new_and_to_the_end_of_the_line_where_there_is_no_room() -> None:
    pace, _ = turns(Pace(), [NEW] * 6, 2, NOW)
    pace, found = turns(pace, [NEW, WAITED, WAITED, WAITED], 2, NOW + 1)
    assert found == [1003.0, None, None, 1003.5]


def test_with_another_rate_a_new_line_begins_and_what_went_in_the_second_counts() -> None:
    pace, _ = turns(Pace(), [NEW] * 9_000, 2, NOW)
    assert turns(pace, [NEW] * 6, 5, NOW)[1] == [None, None, None, 1001.0, 1001.2, 1001.4]
    assert turns(pace, [NEW], 1, NOW)[1] == [1001.0]
    assert turns(pace, [NEW], 5, NOW + 3)[1] == [None]


def test_a_clock_that_is_behind_lets_nobody_go_twice() -> None:
    pace, _ = turns(Pace(), [NEW] * 2, 2, NOW + 1)
    assert turns(pace, [NEW], 2, NOW + 0.999)[1] == [1002.0]


@given(st.integers(1, 4), asks)
def test_in_no_second_more_go_than_the_rate_and_everybody_else_has_a_turn_ahead(
    per_second: int, asks: list[tuple[float, list[bool]]]
) -> None:
    pace, gone, given = Pace(), Counter[int](), Counter[int]()
    for now, asked in asks:
        pace, found = turns(pace, asked, per_second, now)
        assert len(found) == len(asked)
        gone[pace.second] += found.count(None)
        later = [at for at in found if at is not None]
        assert all(at > now for at in later)
        given.update(int(at) for at in later)
    assert all(number <= per_second for number in gone.values())
    assert all(number <= per_second for number in given.values())


@given(st.integers(1, 4), st.integers(0, 30))
def test_all_who_wait_have_gone_as_soon_as_the_rate_allows(per_second: int, facts: int) -> None:
    pace, found = turns(Pace(), [NEW] * facts, per_second, NOW)
    for second in range(1, -(-facts // per_second)):
        due = [at for at in found if at is not None and at < NOW + second + 1]
        pace, again = turns(pace, [WAITED] * len(due), per_second, NOW + second)
        assert again == [None] * len(due)
        found = [at for at in found if at is not None and at >= NOW + second + 1]
    assert [at for at in found if at is not None] == []
