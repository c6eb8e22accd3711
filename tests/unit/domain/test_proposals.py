"""Which pairs may be proposed, and how a pair is told."""

from collections import Counter

from shared.domain.profiles import Profile
from shared.domain.proposals import Evidence, Pair, in_words, proposable

PAIR = Pair("p1", "p2", 0.99, 6.6)


def proposed(*profiles: Profile, decided: tuple[str, ...] = ()) -> tuple[list[Pair], Counter[str]]:
    kept, left_out = proposable([PAIR], {profile.id: profile for profile in profiles}, decided)
    return kept, Counter({str(reason): number for reason, number in left_out.items()})


def test_two_live_profiles_are_proposed() -> None:
    assert proposed(Profile("p1"), Profile("p2")) == ([PAIR], Counter())


def test_a_pair_that_somebody_decided_on_is_left_out() -> None:
    assert proposed(Profile("p1"), Profile("p2"), decided=(PAIR.id,)) == ([], Counter(decided=1))


def test_a_pair_that_a_cannot_link_keeps_apart_is_left_out() -> None:
    left, right = Profile("p1", apart={"link": ("a",)}), Profile("p2", apart={"link": ("b",)})
    assert proposed(left, right) == ([], Counter(kept_apart=1))


def test_two_profiles_on_one_side_of_a_cannot_link_are_proposed() -> None:
    left, right = Profile("p1", apart={"link": ("a",)}), Profile("p2", apart={"link": ("a",), "other": ("a",)})
    assert proposed(left, right) == ([PAIR], Counter())


def test_a_pair_with_a_profile_that_is_merged_or_erased_is_left_out() -> None:
    assert proposed(Profile("p1"), Profile("p2", merged_into="p3")) == ([], Counter(gone=1))
    assert proposed(Profile("p2")) == ([], Counter(gone=1))


def test_a_pair_is_told_by_what_speaks_for_it_and_against_it() -> None:
    evidence = (
        Evidence("surname", "the same", 3.2),
        Evidence("email", "different", -0.2),
        Evidence("birth_date", "the same", 12.84),
        Evidence("address", "different", -2.4),
    )
    assert in_words(Pair("p1", "p2", 0.99, 6.6, evidence, ("birth_date + surname",))) == [
        "For one person: birth_date the same (+12.8), surname the same (+3.2).",
        "Against: address different (-2.4).",
        "Says little: email.",
        "Compared because they share: birth_date + surname.",
    ]
