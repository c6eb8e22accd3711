"""What files of a list say, so that a recipient who applies them in order has exactly those who are on it."""

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.lists import Listed, Row, changes_of

Changed = dict[str, tuple[Row, ...]]
VALUES = st.sampled_from("abc")
ROWS = st.lists(VALUES.map(lambda value: {"email": value}), max_size=3, unique_by=str).map(tuple)


def test_who_comes_is_added_and_who_goes_is_taken_off_by_what_was_said_of_them() -> None:
    came = Listed("p1", 2, rows=({"email": "a", "phone": "1"}, {"email": "b"}))
    went = Listed("p2", 3, told=({"email": "c", "phone": "2"},))
    same = Listed("p3", 4, rows=({"email": "d"},), told=({"email": "d"},))
    added, removed = changes_of([came, went, same])
    assert added == [{"email": "a", "phone": "1"}, {"email": "b"}]
    assert removed == [{"email": "c"}, {"phone": "2"}]


def test_what_a_merge_hands_on_is_not_taken_off_for_who_went_into_the_other() -> None:
    loser, winner = Listed("p1", 9, told=({"email": "a"},)), Listed("p2", 9, rows=({"email": "a"}, {"email": "b"}))
    assert changes_of([loser, winner]).removed == []


@settings(max_examples=100)
@given(st.lists(st.dictionaries(st.sampled_from(["p1", "p2"]), ROWS), max_size=5))
def test_a_recipient_that_follows_the_files_has_everybody_who_is_on_it(
    flushes: list[dict[str, tuple[Row, ...]]],
) -> None:
    """Values belong to one person at a time, as identifiers do."""
    has: set[str] = set()
    people: dict[str, Listed] = {}
    for changed in flushes:
        taken: set[str] = set()
        for name, rows in changed.items():
            own = tuple(row for row in rows if row["email"] not in taken)
            taken |= {row["email"] for row in own}
            others = {row["email"] for one in people.values() if one.profile_id != name for row in one.rows}
            own = tuple(row for row in own if row["email"] not in others)
            before = people.get(name, Listed(name, 0))
            people[name] = Listed(name, before.version + 1, own, before.told)
        added, removed = changes_of(people.values())
        has -= {value for row in removed for value in row.values()}
        has |= {row["email"] for row in added}
        people = {name: Listed(name, one.version, one.rows, one.rows) for name, one in people.items()}
        assert has == {row["email"] for one in people.values() for row in one.rows}
