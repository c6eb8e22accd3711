"""Probable duplicates, for any people: ids of pairs, values, and what is found."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.proposals import Evidence, evidence_of, evidence_text, pair_id, sides
from shared.duplicates.finding import find
from shared.duplicates.levels import KINDS, Kind
from shared.duplicates.matching import PEOPLE
from shared.duplicates.people import Person, person_of
from shared.duplicates.values import comparable

IDS = st.from_regex(r"[0-9A-HJKMNP-TV-Z]{26}", fullmatch=True)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
NAMES = sorted({source.split(".")[0] for field in PEOPLE.fields for source in field.sources} | {"name"})
CROWD = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "name": st.sampled_from(["김민수", "김민서", "남궁민수", "Mina Kim", "Kim Mina", ""]),
            "birthday": st.sampled_from(["1990-01-31", "1990-01-30", "1971-05-03", "soon"]),
            "email": st.sampled_from(["mina@example.com", "mina@example.org", "@"]),
            "phone": st.sampled_from(["010-1234-5678", "010-1234-5679", "0"]),
            "street": st.sampled_from(["테헤란로 123", "테헤란로 132"]),
            "city": st.sampled_from(["서울", "부산"]),
            "postcode": st.sampled_from(["06236", "06237"]),
        },
    ),
    max_size=40,
)


@given(IDS, IDS)
def test_a_pair_has_one_id_whatever_the_order_and_it_names_both(one: str, other: str) -> None:
    assert pair_id(one, other) == pair_id(other, one)
    if one != other:
        assert sides(pair_id(one, other)) == tuple(sorted((one, other)))


@given(st.text(max_size=60))
def test_what_is_no_pair_has_no_sides(text: str) -> None:
    found = sides(text)
    assert found is None or pair_id(*found) == text


@given(st.lists(st.builds(Evidence, st.text(), st.text(), st.floats(-30, 30))))
def test_evidence_comes_back_as_it_was_written(evidence: list[Evidence]) -> None:
    assert evidence_of(evidence_text(evidence)) == tuple(evidence)


@given(st.sampled_from(list(KINDS)), JSON)
def test_any_value_can_be_compared_or_says_nothing_and_once_compared_it_stays(kind: Kind, value: Any) -> None:
    once = comparable(kind, value)
    assert once is None or once.strip()
    if once is not None and kind != "date":
        assert comparable(kind, once) in (once, None)


@given(st.dictionaries(st.sampled_from(NAMES), JSON))
def test_any_traits_make_a_person(traits: dict[str, Any]) -> None:
    person = person_of("p", traits, PEOPLE)
    assert all(values and all(values) for values in person.values.values())


@settings(max_examples=8, deadline=None)
@given(CROWD, st.randoms(use_true_random=False))
def test_any_crowd_is_weighed_the_same_in_any_order(crowd: list[dict[str, Any]], dice: Any) -> None:
    people: list[Person] = [person_of(f"p{number:02}", traits, PEOPLE) for number, traits in enumerate(crowd)]
    found = find(people)
    dice.shuffle(people)
    assert find(people) == found
    ids = {person.id for person in people}
    assert all(pair.first < pair.second and {pair.first, pair.second} <= ids for pair in found.pairs)
    assert all(0.9 <= pair.probability <= 1 and pair.evidence and pair.met_by for pair in found.pairs)
