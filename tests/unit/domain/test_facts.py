"""From two images of a profile to facts: what a write changed, once, under an id that never changes."""

import pytest

from shared.contracts.bus import detail_of
from shared.domain.facts import Fact, Image, facts
from shared.domain.profiles import Change

T1, T2, T3 = "2026-11-01T00:00:00.000Z", "2026-11-02T00:00:00.000Z", "2026-11-03T00:00:00.000Z"
CREATED = {"created": Change("yes", 1, T1)}


def image(version: int, changes: dict[str, Change], **rest: object) -> Image:
    return Image("p1", version, rest.pop("is_merged", False), changes, **rest)  # type: ignore[arg-type]


def told(found: list[Fact]) -> list[tuple[str, dict[str, object]]]:
    return [(fact.detail_type, {k: v for k, v in fact.data.items() if k != "profile_id"}) for fact in found]


def test_a_new_profile_is_created_before_anything_else_is_said_of_it() -> None:
    changes = {
        "trait:plan": Change("x", 1, T1),
        "trait:city": Change("x", 1, T1),
        "consent:Ads": Change("granted", 1, T1),
        "segment:bought_once": Change("in", 1, T1),
        **CREATED,
    }
    found = facts(None, image(1, changes, correlation_id="request-1"))
    assert told(found)[0] == ("Profile Created", {})
    assert sorted(told(found)[1:], key=lambda fact: fact[0]) == [
        ("Consent Changed", {"purpose": "Ads", "state": "granted", "previous": "unknown"}),
        ("Segment Entered", {"segment": "bought_once"}),
        ("Traits Changed", {"traits": ["city", "plan"]}),
    ]
    assert {(f.sequence, f.time, f.cause, f.correlation_id) for f in found} == {(1, T1, "live", "request-1")}


def test_only_what_this_write_changed_is_said() -> None:
    before = CREATED | {"trait:city": Change("a", 1, T1), "consent:Ads": Change("refused", 1, T1)}
    after = before | {"consent:Ads": Change("granted", 2, T2), "segment:bought_once": Change("out", 2, T2)}
    assert told(facts(image(1, before), image(2, after))) in (
        [
            ("Consent Changed", {"purpose": "Ads", "state": "granted", "previous": "refused"}),
            ("Segment Exited", {"segment": "bought_once"}),
        ],
        [
            ("Segment Exited", {"segment": "bought_once"}),
            ("Consent Changed", {"purpose": "Ads", "state": "granted", "previous": "refused"}),
        ],
    )


def test_a_write_that_changes_no_fact_says_nothing() -> None:
    assert facts(image(1, CREATED), image(2, CREATED)) == []


def test_of_a_merge_only_the_winner_speaks() -> None:
    after = CREATED | {"merged:p2": Change("", 2, T2)}
    assert told(facts(image(1, CREATED), image(2, after))) == [("Profile Merged", {"merged_profile_id": "p2"})]
    assert facts(image(1, CREATED), image(2, {}, is_merged=True)) == []


def test_a_split_names_who_came_of_it_and_what_was_lost() -> None:
    lost = {"trait:plan": Change("", 2, T2), "consent:ads": Change("unknown", 2, T2)}
    before = CREATED | {"trait:plan": Change("x", 1, T1), "consent:ads": Change("granted", 1, T1)}
    after = before | lost | {"split:p3": Change("", 2, T2), "split:p2": Change("", 2, T2)}
    consent = {"purpose": "ads", "state": "unknown", "previous": "granted"}
    found = sorted(told(facts(image(1, before), image(2, after))))
    assert found == [
        ("Consent Changed", consent),
        ("Profile Split", {"split_profile_ids": ["p2", "p3"]}),
        ("Traits Changed", {"traits": ["plan"]}),
    ]


def test_a_repeat_has_the_same_ids_and_every_fact_its_own() -> None:
    changes = CREATED | {f"{kind}:{name}": Change("in", 1, T1) for kind in ("segment", "merged") for name in ("a", "b")}
    first, again = facts(None, image(1, changes)), facts(None, image(1, changes))
    assert first == again
    assert len({fact.id for fact in first}) == len(first) == 5
    other = facts(None, Image("p2", 1, False, changes))
    assert {fact.id for fact in first}.isdisjoint(fact.id for fact in other)


def test_entering_leaving_and_entering_again_are_three_facts() -> None:
    history = [image(v, {"segment:s": Change(value, v, T1)}) for v, value in enumerate(("in", "out", "in"), 1)]
    found = [fact for old, new in zip([None, *history], history, strict=False) for fact in facts(old, new)]
    assert [fact.detail_type for fact in found] == ["Segment Entered", "Segment Exited", "Segment Entered"]
    assert len({fact.id for fact in found}) == 3


def test_a_redrive_says_again_what_changed_since_under_the_ids_it_had() -> None:
    first = image(1, CREATED | {"trait:old": Change("a", 1, T1)})
    second = image(2, first.changes | {"trait:city": Change("b", 2, T2), "consent:Ads": Change("granted", 2, T2)})
    originally = facts(first, second)
    third = image(3, second.changes | {"segment:s": Change("in", 3, T3)}, republish_from=T2, cause="replay")
    again = facts(second, third)
    assert [fact.id for fact in again[:2]] == [fact.id for fact in originally]
    assert [(f.cause, f.sequence) for f in again] == [("replay", 2), ("replay", 2), ("replay", 3)]
    assert [f.data.get("previous") for f in again if f.detail_type == "Consent Changed"] == ["unknown"]


def test_a_redrive_that_was_lost_too_can_be_made_again() -> None:
    changes = CREATED | {"trait:city": Change("b", 2, T2)}
    first, second = (image(version, changes, republish_from=T1) for version in (3, 4))
    assert [f.id for f in facts(first, second)] == [f.id for f in facts(image(2, changes), first)] != []
    assert facts(second, image(5, changes)) == []


def test_without_the_old_image_only_the_newest_version_is_said() -> None:
    assert told(facts(None, image(2, CREATED | {"segment:s": Change("in", 2, T2)}))) == [
        ("Segment Entered", {"segment": "s"})
    ]


def test_names_with_colons_stay_whole() -> None:
    found = facts(None, image(1, {"trait:a:b": Change("x", 1, T1), "consent:c:d": Change("refused", 1, T1)}))
    assert {str(f.data.get("traits", f.data.get("purpose"))) for f in found} == {"['a:b']", "c:d"}


def test_an_unknown_kind_of_fact_is_an_error_not_a_silence() -> None:
    with pytest.raises(ValueError, match="rumour"):
        facts(None, image(1, {"rumour:x": Change("y", 1, T1)}))


def test_every_fact_fits_its_contract() -> None:
    kinds = ("created", "merged:p2", "trait:city", "consent:Ads", "segment:s")
    values = {"consent:Ads": "granted", "segment:s": "in"}
    found = facts(None, image(1, {kind: Change(values.get(kind, "x"), 1, T1) for kind in kinds}))
    assert {type(detail_of(fact)).__name__ for fact in found} == {
        "ProfileCreated", "ProfileMerged", "TraitsChanged", "ConsentChanged", "SegmentEntered",
    }  # fmt: skip
