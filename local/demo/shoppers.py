"""Who the shop's users are: names, e-mail addresses, cities and consents that the data set lacks, from a fixed seed."""

import random
from dataclasses import dataclass

_FAMILY = ("Kim", "Lee", "Park", "Choi", "Jung", "Kang", "Cho", "Yoon", "Jang", "Lim", "Han", "Oh", "Seo", "Shin")
_GIVEN = (
    "Minjun", "Seoyeon", "Jiho", "Hayoon", "Doyun", "Jiwoo", "Eunwoo", "Sua", "Yejun", "Chaewon", "Siwoo", "Yuna",
    "Juwon", "Dain", "Hyunwoo", "Soyeon", "Taeyang", "Nari",
)  # fmt: skip
_CITIES = ("Seoul", "Busan", "Incheon", "Daegu", "Daejeon", "Gwangju", "Suwon", "Jeju")
_SEED = 20261121

ADDED = ["name", "email", "city", "total", "price", "consent", "anonymousId"]
"""What the demo makes up; every event it sends names these."""


@dataclass(frozen=True, slots=True)
class Shopper:
    """`consents` is what they say of advertising at sign-in, `is_named` whether their name may be used, both None where
    they say nothing; `withdraws` whether they take the first back, `regrants` whether they give it again.
    """

    user_id: str
    name: str
    email: str
    city: str
    consents: bool | None
    withdraws: bool
    regrants: bool
    is_named: bool | None


def shopper(user_id: str) -> Shopper:
    """The same shopper for the same user id, on every machine."""
    draw = random.Random(f"{_SEED}:{user_id}")
    family, given = draw.choice(_FAMILY), draw.choice(_GIVEN)
    consents = draw.choices((True, False, None), weights=(70, 15, 15))[0]
    city = draw.choice(_CITIES)
    withdraws = consents is True and draw.random() < 0.1
    return Shopper(
        user_id=user_id,
        name=f"{given} {family}",
        email=f"{given}.{family}.{user_id.removeprefix('user_')}@example.com".lower(),
        city=city,
        consents=consents,
        withdraws=withdraws,
        regrants=withdraws and draw.random() < 0.5,
        is_named=None if consents is None else draw.random() < 0.8,
    )


def price(*what: str) -> int:
    """A price in won that stays the same for the same thing."""
    return random.Random(f"{_SEED}:{':'.join(what)}").randrange(9_000, 900_000, 1_000)
