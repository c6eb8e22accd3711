"""People of a Korean shop, made up from a seed: few surnames, families under one roof, and some who are here twice."""

import random
from typing import Any

SURNAMES = [s for s, share in zip("김이박최정강조윤장임한오서신권", (21, 15, 8, 5, 5, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1), strict=True) for _ in range(share)]  # fmt: skip  # noqa: E501
GIVEN = [a + b for a in "민서지현은수영준도하예유진성재" for b in "준서연우윤호아영민수진현지은희"]
CITIES = ["서울 강남구", "서울 마포구", "부산 해운대구", "대구 수성구", "인천 연수구", "경기 수원시"]
STREETS = ["테헤란로", "월드컵로", "해운대로", "달구벌대로", "송도과학로", "정조로", "봉은사로", "양화로"]
_TYPOS = {"준": "중", "서": "소", "연": "현", "우": "오", "호": "효", "영": "명", "수": "슈", "진": "신"}

Traits = dict[str, Any]


def household(dice: random.Random) -> list[Traits]:
    """One to four people who share their surname, their address and often a phone."""
    surname, city = dice.choice(SURNAMES), dice.randrange(len(CITIES))
    address = {
        "street": f"{dice.choice(STREETS)} {dice.randrange(1, 400)}",
        "city": CITIES[city],
        "postalCode": f"{city + 1:02}{dice.randrange(1000):03}",
    }
    given = dice.sample(GIVEN, dice.choice((1, 1, 2, 4)))
    return [
        {"name": surname + name, "birthday": birthday(dice), "address": address, **contacts(dice)} for name in given
    ]


def birthday(dice: random.Random) -> str:
    return f"{dice.randrange(1950, 2008)}-{dice.randrange(1, 13):02}-{dice.randrange(1, 29):02}"


def contacts(dice: random.Random) -> Traits:
    letters = "".join(dice.choices("abcdefghijklmnoprstuvwxyz", k=7))
    domain = dice.choice(("naver.com", "gmail.com", "daum.net"))
    return {"email": f"{letters}{dice.randrange(100)}@{domain}", "phone": f"010-{dice.randrange(2000, 9999)}-{dice.randrange(10000):04}"}  # fmt: skip  # noqa: E501


def again(dice: random.Random, person: Traits) -> Traits:
    """The same person at another counter: other contacts, and one thing that has changed or was written wrongly."""
    other = {**person, **contacts(dice), "birthday": person["birthday"].replace("-", ".")}
    match dice.randrange(5):
        case 0:
            other["address"] = household(dice)[0]["address"]
        case 1:
            other["name"] = "".join(_TYPOS.get(c, c) for c in person["name"])
        case 2:
            del other["birthday"]
            other["phone"] = person["phone"]
        case 3:
            other |= {"lastName": person["name"][1:], "firstName": person["name"][0]}
        case 4:
            del other["address"]
    return other


def shop(seed: int, households: int, twice: int) -> tuple[dict[str, Traits], set[tuple[str, str]]]:
    """Traits by profile id, and the pairs that are one person."""
    dice = random.Random(seed)
    people = [person for _ in range(households) for person in household(dice)]
    profiles = {f"a{number:06}": person for number, person in enumerate(people)}
    copied = dice.sample(sorted(profiles), twice)
    profiles |= {f"b{first[1:]}": again(dice, profiles[first]) for first in copied}
    return profiles, {(first, f"b{first[1:]}") for first in copied}
