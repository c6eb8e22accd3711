"""Values as they are compared: what says the same becomes the same."""

import pytest

from shared.duplicates.levels import Kind
from shared.duplicates.matching import PEOPLE
from shared.duplicates.people import person_of
from shared.duplicates.values import comparable, letters, name_parts


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("name", "Müller ", "MULLER"),
        ("name", "O’Brien", "obrien"),
        ("name", "김민수", "김민수"),  # composed, and letter by letter
        ("text", "테헤란로 123", "테헤란로  123,"),
        ("date", "1990-01-31", "1990년 1월 31일"),
        ("date", "1990-01-31T00:00:00Z", "19900131"),
        ("date", "1990. 1. 31.", 19900131),
        ("code", "06-236", "06236"),
        ("email", " Mina@Example.com", "mina@example.com"),
        ("phone", "010-1234-5678", "+82 10 1234 5678"),
        ("phone", "０１０-１２３４-５６７８", "0082 10-1234-5678"),
    ],
)
def test_what_says_the_same_is_the_same(kind: Kind, one: object, other: object) -> None:
    assert comparable(kind, one) == comparable(kind, other) is not None


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("name", ""),
        ("name", "unknown"),
        ("name", None),
        ("name", ["김"]),
        ("text", "—"),
        ("date", "31/01/1990"),
        ("date", "0000-00-00"),
        ("date", "900131"),
        ("email", "none"),
        ("phone", "000-0000-0000"),
        ("phone", True),
    ],
)
def test_what_says_nothing_is_left_out(kind: Kind, value: object) -> None:
    assert comparable(kind, value) is None


def test_hangul_is_compared_by_its_letters() -> None:
    assert letters("김민수") == "gim min su"
    assert letters("강아") != letters("간가")


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("김민수", ("민수", "김")),
        ("남궁민수", ("민수", "남궁")),
        ("남궁", ("궁", "남")),
        ("김 민수", ("민수", "김")),
        ("金民秀", ("民秀", "金")),
        ("Mina Kim", ("Mina", "Kim")),
        ("Anna Maria Kim", ("Anna Maria", "Kim")),
        ("Mina", ("Mina", "")),
        ("", ("", "")),
    ],
)
def test_a_whole_name_is_taken_apart(name: str, parts: tuple[str, str]) -> None:
    assert name_parts(name) == parts


def test_a_person_has_what_traits_and_identifiers_say() -> None:
    traits = {
        "name": "김민수",
        "address": {"street": "테헤란로 123", "city": "서울"},
        "postal_code": 6236,
        "email": "minsu@example.com",
        "identifiers": {"email": ["other@example.com", "minsu@example.com"]},
    }
    assert person_of("p", traits, PEOPLE).values == {
        "given_name": ("min su",),
        "surname": ("gim",),
        "street": ("te he ran ro 123",),
        "city": ("seo ul",),
        "postcode": ("6236",),
        "email": ("minsu@example.com", "other@example.com"),
    }


def test_a_name_given_in_parts_stays_as_it_is() -> None:
    traits = {"name": "김민수", "firstName": "Minsu", "lastName": "Kim"}
    assert person_of("p", traits, PEOPLE).values == {"given_name": ("minsu",), "surname": ("kim",)}
