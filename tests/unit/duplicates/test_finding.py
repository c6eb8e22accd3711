"""Probable duplicates among people of a Korean shop: who is found, who isn't, and what is said of why."""

import random
from typing import Any

import pytest

from shared.domain.proposals import Pair, in_words
from shared.duplicates.blocking import Bounds
from shared.duplicates.finding import Found, Limits, find
from shared.duplicates.matching import PEOPLE
from shared.duplicates.people import PeopleError, person_of
from tests.koreans import shop

ADDRESS = {"street": "테헤란로 123", "city": "서울 강남구", "postalCode": "06236"}
MINSU: dict[str, Any] = {"name": "김민수", "birthday": "1990-01-31", "address": ADDRESS, "email": "minsu@naver.com"}
Profiles = dict[str, dict[str, Any]]


def found_among(profiles: Profiles, **more: Any) -> Found:
    return find([person_of(i, traits, PEOPLE) for i, traits in profiles.items()], **more)


def pairs_of(found: Found) -> set[tuple[str, str]]:
    return {(pair.first, pair.second) for pair in found.pairs}


def beside(one: dict[str, Any], other: dict[str, Any]) -> tuple[Found, Pair | None]:
    """Two people among the others of a shop; their pair where it is found."""
    others, _ = shop(seed=3, households=150, twice=0)
    found = found_among({**others, "x1": one, "x2": other})
    return found, next((pair for pair in found.pairs if (pair.first, pair.second) == ("x1", "x2")), None)


@pytest.fixture(scope="module")
def shops() -> tuple[Profiles, set[tuple[str, str]], Found]:
    profiles, truth = shop(seed=1, households=400, twice=40)
    return profiles, truth, found_among(profiles)


def test_those_who_are_here_twice_are_found_and_nobody_else(shops: Any) -> None:
    _, truth, found = shops
    assert pairs_of(found) == truth
    assert found.learnt_from


def test_a_family_under_one_roof_is_no_pair(shops: Any) -> None:
    profiles, _, found = shops
    roofs = {i: str(traits.get("address")) for i, traits in profiles.items()}
    families = [pair for pair in found.pairs if {pair.first[0], pair.second[0]} == {"a"}]
    assert len(set(roofs.values())) < len(profiles) - 200
    assert families == []


def test_the_order_in_which_people_are_read_changes_nothing(shops: Any) -> None:
    profiles, _, found = shops
    shuffled = list(profiles.items())
    random.Random(5).shuffle(shuffled)
    assert found_among(dict(shuffled)) == found


def test_a_letter_of_hangul_that_was_written_wrongly_is_nearly_the_same() -> None:
    _, pair = beside(MINSU, {**MINSU, "name": "김민슈", "email": "minsu.kim@gmail.com"})
    assert pair is not None
    assert "given_name nearly the same" in " ".join(in_words(pair))


def test_first_and_last_name_in_one_anothers_fields_are_the_same_person() -> None:
    _, pair = beside(MINSU, {**MINSU, "firstName": "김", "lastName": "민수", "email": "minsu.kim@gmail.com"})
    assert pair is not None
    assert {e.field: e.level for e in pair.evidence} == {
        "given_name": "swapped",
        "birth_date": "the same",
        "email": "different",
        "address": "the same",
    }


def test_a_common_surname_says_less_than_a_rare_one() -> None:
    weights = {}
    for surname in ("김", "남궁"):
        person = {**MINSU, "name": f"{surname}민수"}
        _, pair = beside(person, person)
        assert pair is not None
        weights[surname] = next(e.weight for e in pair.evidence if e.field == "surname")
    assert weights["남궁"] > weights["김"] + 3


def test_somebody_elses_name_on_the_same_day_is_not_enough() -> None:
    found, pair = beside({"name": "김민수", "birthday": "1990-01-31"}, {"name": "이서연", "birthday": "1990-01-31"})
    assert pair is None
    assert found.compared


def test_why_a_pair_is_proposed_is_said_in_words_without_any_value() -> None:
    _, pair = beside(MINSU, {**MINSU, "birthday": "1990-01-30", "address": None})
    assert pair is not None
    told = in_words(pair)
    assert told[0].startswith("For one person: email shared (+")
    assert told[-1] == "Compared because they share: email, given_name + surname."
    assert not any(value in " ".join(told) for value in ("민수", "minsu", "min su", "1990", "06236"))


def test_a_block_that_is_too_large_is_left_out_and_said_so() -> None:
    people: Profiles = {f"p{number:03}": {"postcode": "06236", "name": "김민수"} for number in range(60)}
    found = found_among(people, limits=Limits(bounds=Bounds(block=50)))
    assert found.pairs == ()
    assert found.compared == 0
    assert found.passed["given_name + surname"] == (0, 1, 60)


def test_no_more_pairs_are_compared_than_allowed_and_small_blocks_come_first() -> None:
    people: Profiles = {f"p{number:03}": {"name": "김민수"} for number in range(30)}
    people |= {"x1": {"email": "mina@example.com"}, "x2": {"email": "mina@example.com"}}
    found = found_among(people, limits=Limits(bounds=Bounds(pairs=100)))
    assert found.compared == 1
    assert found.passed["given_name + surname"].people_left_out == 30


def test_of_more_pairs_than_are_kept_the_weightiest_stay(shops: Any) -> None:
    profiles, _, found = shops
    few = found_among(profiles, limits=Limits(found=3))
    assert few.pairs == found.pairs[:3]
    assert few.above == found.above


def test_more_people_than_allowed_are_refused() -> None:
    with pytest.raises(PeopleError, match="more than 3 people"):
        found_among({f"p{number}": {} for number in range(4)}, limits=Limits(people=3))


def test_an_id_that_stands_twice_is_refused() -> None:
    with pytest.raises(PeopleError, match="p1 stands twice"):
        find([person_of("p1", MINSU, PEOPLE), person_of("p1", MINSU, PEOPLE)])


@pytest.mark.parametrize("profiles", [{}, {"p1": MINSU}, {"p1": {}, "p2": {}}])
def test_where_nobody_can_be_compared_nobody_is_found(profiles: Profiles) -> None:
    assert found_among(profiles).pairs == ()


def test_two_people_are_weighed_as_declared_where_nothing_can_be_learnt() -> None:
    found = found_among({"p1": MINSU, "p2": MINSU, "p3": {"name": "이서연", "birthday": "1971-05-03"}})
    assert pairs_of(found) == {("p1", "p2")}
    assert found.learnt_from == ()
