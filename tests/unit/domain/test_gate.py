"""The gate: purposes, policy packs, the night, guardians; by the clock of the person, to the second."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.domain.consent import ConsentState, Decision
from shared.domain.consenting import Consenting
from shared.domain.destinations import Destination
from shared.domain.gate import IDS_ALONE, HeldUntil, Permitted, Withheld, passage
from shared.domain.places import Said, country_of
from shared.domain.policy_packs import PolicyPack, packs_of
from shared.domain.purposes import Purpose, purposes_of
from shared.domain.refusals import heeded
from shared.domain.state import ProfileState
from shared.domain.times import to_text
from shared.domain.traits import Trait

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)  # noon in Seoul
GIVEN = "2026-11-01T00:00:00.000Z"
ADS = Purpose("ads", {"en": "Ads"}, channel="sms", is_advertising=True)
DECLARED = (
    ADS,
    Purpose("mail", {"en": "E-mail"}, channel="email", is_advertising=True),
    Purpose("night_advertising", {"en": "At night"}),
    Purpose("orders", {"en": "Orders"}, basis="contract"),
    Purpose("profiling", {"en": "Profiling"}, traits=("birthday", "plan")),
    Purpose("old", {"en": "Old"}, traits=("income", "plan"), state="disabled"),
)


def person(
    granted: tuple[str, ...] = (),
    *,
    now: datetime = NOW,
    refused: tuple[str, ...] = (),
    given: str = GIVEN,
    place: Mapping[str, str] | None = None,
    packs: Mapping[str, PolicyPack] | None = None,
    **traits: Any,
) -> Consenting:
    states: dict[str, ConsentState] = {**dict.fromkeys(granted, "granted"), **dict.fromkeys(refused, "refused")}
    state = ProfileState(
        consent={"a": {signal: Decision(said, given, "m1", "src_web") for signal, said in states.items()}},
        traits={name: Trait(value, GIVEN, "m1", "e1", "src_web") for name, value in traits.items()},
        place={name: Said(GIVEN, value) for name, value in (place or {}).items()},
    )
    return Consenting(state, purposes_of(DECLARED), packs_of(packs or {}), now)


def to(*purposes: str, traits: tuple[str, ...] = ()) -> Destination:
    return Destination("crm", "CRM", "https://crm.example", ("Segment Entered",), "s", purposes, traits)


def seoul(clock: str, day: int = 21) -> datetime:
    return datetime.fromisoformat(f"2026-11-{day}T{clock}+09:00")


def test_every_purpose_must_be_permitted_and_each_that_is_not_is_named_with_why() -> None:
    assert passage(to("ads", "orders"), person(("ads",))) == Permitted()
    assert passage(to("ads", "profiling"), person(refused=("ads",))) == Withheld("refused:ads,not_granted:profiling")
    assert passage(to(), person()) == Permitted()


def test_a_purpose_that_is_disabled_or_that_nobody_declared_permits_nothing_whatever_was_granted() -> None:
    found = passage(to("old", "elsewhere"), person(("old", "elsewhere")))
    assert found == Withheld("unknown_purpose:old,unknown_purpose:elsewhere")


def test_a_withdrawal_arrives_with_ids_alone() -> None:
    assert passage(to("ads"), person(refused=("ads",)), withdraws=True) == IDS_ALONE
    assert passage(to("ads"), person(("ads",)), withdraws=True) == Permitted()


def test_traits_of_a_purpose_that_is_not_permitted_stay_at_home_and_are_named() -> None:
    wants = to("ads", traits=("city", "birthday"))
    assert passage(wants, person(("ads",))) == Permitted(withheld=("birthday",))
    assert passage(wants, person(("ads", "profiling"))) == Permitted()


def test_a_trait_needs_every_purpose_that_lists_it_and_a_disabled_one_permits_nothing() -> None:
    wants = to("ads", traits=("income", "birthday", "plan"))
    assert passage(wants, person(("ads", "profiling", "old"))) == Permitted(withheld=("income", "plan"))


def test_the_default_without_a_decision_is_that_of_the_persons_pack() -> None:
    assert passage(to("profiling"), person(country="US")) == Permitted()
    assert passage(to("profiling"), person(country="DE")) == Withheld("not_granted:profiling")
    assert passage(to("profiling"), person(country="US", refused=("profiling",))) == Withheld("refused:profiling")


def test_a_country_that_a_locale_alone_says_permits_nothing_that_nobody_granted() -> None:
    everywhere = {"ccpa": PolicyPack("ccpa", "", ("US",), for_everybody=True, default="opt_out")}
    by_law = Purpose("site", {}, defaults={"ccpa": "opt_out"})
    guess = {"locale": "US"}
    assert passage(to("profiling"), person(place=guess)) == Withheld("not_granted:profiling")
    assert passage(to("profiling"), person(place={**guess, "country": "US"})) == Permitted()
    assert passage(to("profiling"), person(place=guess, packs=everywhere)) == Permitted()  # the company's choice
    guessed = Consenting(person(place=guess).state, purposes_of([by_law]), packs_of({}), NOW)
    assert guessed.why_not(by_law) == "not_granted"
    strict = Consenting(
        person(place={"locale": "KR"}).state,
        purposes_of([site := Purpose("s", {}, default="opt_out")]),
        packs_of({}),
        NOW,
    )
    assert strict.why_not(site) == "not_granted"  # what is stricter holds


def test_what_nobody_declared_is_not_permitted_whoever_asks() -> None:
    asked = person(("elsewhere", "old"))
    assert [asked.why_not(asked.purposes.get(one)) for one in ("elsewhere", "old")] == ["unknown_purpose"] * 2


def test_a_browser_that_sends_gpc_takes_away_what_nobody_decided_on_by_a_pack_that_honours_it() -> None:
    asked, deaf = to("ads"), {"ccpa": PolicyPack("ccpa", "", ("US",), default="opt_out", honours_gpc=False)}
    assert passage(asked, person(country="US")) == Permitted()
    assert passage(asked, person(country="US", refused=("gpc",))) == Withheld("not_granted:ads")
    assert passage(asked, person(("ads",), country="US", refused=("gpc",))) == Permitted()
    assert passage(to("profiling"), person(country="US", refused=("gpc",))) == Permitted()
    assert passage(asked, person(country="US", refused=("gpc",), packs=deaf)) == Permitted()


@pytest.mark.parametrize(
    ("clock", "day", "until"),
    [
        ("20:59:59", 21, None),
        ("21:00:00", 21, seoul("08:00:00", 22)),
        ("00:00:00", 22, seoul("08:00:00", 22)),
        ("07:59:59.999", 22, seoul("08:00:00", 22)),
        ("08:00:00", 22, None),
    ],
)
@pytest.mark.parametrize("place", [{}, {"timezone": "Asia/Seoul"}, {"timezone": "no zone"}])
def test_a_korean_at_home_gets_no_advertising_at_night(
    clock: str, day: int, until: datetime | None, place: dict[str, str]
) -> None:
    found = passage(to("ads"), person(("ads",), now=seoul(clock, day), country="KR", place=place))
    assert found == (HeldUntil(until, "quiet_hours") if until else Permitted(label="(광고)"))


@pytest.mark.parametrize(
    ("clock", "until"),
    [("20:59:59", None), ("21:00:00", "08:00:00"), ("07:59:59", "08:00:00"), ("08:00:00", None)],
)
def test_a_korean_abroad_gets_none_at_night_there_whatever_the_hour_in_seoul(clock: str, until: str | None) -> None:
    now = datetime.fromisoformat(f"2026-11-20T{clock}-08:00")
    by_trait = person(("ads",), now=now, country="KR", timezone="America/Los_Angeles", place={"timezone": "Asia/Seoul"})
    by_context = person(("ads",), now=now, country="KR", place={"timezone": "America/Los_Angeles"})
    for abroad in (by_trait, by_context):
        found = passage(to("ads"), abroad)
        if until is None:
            assert found == Permitted(label="(광고)")
        else:
            assert isinstance(found, HeldUntil)
            assert found.until.astimezone(now.tzinfo).strftime("%H:%M:%S") == until
            assert timedelta() < found.until - now <= timedelta(hours=11)


def test_at_night_a_grant_of_its_own_an_exempt_channel_and_what_does_not_advertise_go_out() -> None:
    night = seoul("23:00:00")
    assert passage(to("ads"), person(("ads", "night_advertising"), now=night, country="KR")) == Permitted((), "(광고)")
    assert passage(to("mail"), person(("mail",), now=night, country="KR")) == Permitted((), "(광고)")
    assert passage(to("orders"), person(now=night, country="KR")) == Permitted()
    assert passage(to("ads"), person(("ads",), now=night, country="DE")) == Permitted()
    refused = person(("ads",), refused=("night_advertising",), now=night, country="KR")
    assert isinstance(passage(to("ads"), refused), HeldUntil)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("2024-12-21T03:00:00.000Z", None),  # 23 months ago
        ("2024-11-21T03:00:00.001Z", None),
        ("2024-11-21T03:00:00.000Z", "reconfirm_due:ads"),  # 24 months ago
    ],
)
def test_korean_consent_to_advertising_is_confirmed_again_within_24_months(given: str, why: str | None) -> None:
    found = passage(to("ads"), person(("ads",), given=given, country="KR"))
    assert found == (Withheld(why) if why else Permitted(label="(광고)"))
    assert passage(to("ads"), person(("ads",), given=given, country="DE")) == Permitted()
    assert passage(to("profiling"), person(("profiling",), given=given, country="KR")) == Permitted()


def test_of_the_purposes_and_the_packs_months_the_fewer_hold() -> None:
    yearly = replace(ADS, reconfirm_months=12)
    found = replace(person(("ads",), country="KR"), purposes=purposes_of([yearly]))
    assert found.standings["ads"].reconfirm_by[:10] == "2027-11-01"
    assert found.notice_by(found.standings["ads"])[:10] == "2026-11-15"
    assert person(("ads",), country="DE").notice_by(found.standings["ads"]) == ""


@pytest.mark.parametrize(
    ("traits", "is_child"),
    [
        ({"birthday": "2012-11-22"}, True),
        ({"birthday": "2012-11-21"}, False),
        ({"birthday": "2013-01-01T00:00:00Z"}, True),
        ({"birthday": "2012. 11. 22."}, True),
        ({"birthday": "2012/11/21"}, False),
        ({"birthday": "2013년 1월 1일"}, True),
        ({"birthday": "2013.02.30"}, False),
        ({"birthday": "soon", "age": 13}, True),
        ({"age": "13"}, True),
        ({"age": 14}, False),
        ({"age": "old"}, False),
        ({}, False),
    ],
)
def test_for_a_child_a_guardian_decides(traits: dict[str, Any], is_child: bool) -> None:
    asked = to("profiling")
    found = passage(asked, person(("profiling",), country="KR", **traits))
    assert found == (Withheld("guardian_needed:profiling") if is_child else Permitted())
    both = ("profiling", "guardian:profiling")
    assert passage(asked, person(both, country="KR", **traits)) == Permitted()
    assert passage(asked, person(("guardian:profiling",), country="KR", **traits)) == Permitted()
    assert passage(to("orders"), person(country="KR", **traits)) == Permitted()
    refused = person(("profiling",), refused=("guardian:profiling",), country="KR", **traits)
    assert isinstance(passage(asked, refused), Withheld)


def test_while_the_pipeline_is_behind_whatever_a_decision_could_change_waits() -> None:
    for asked in (to("ads"), to("ads", "orders"), to(traits=("birthday",))):
        found = passage(asked, person(("ads",)), is_behind=True)
        assert found == HeldUntil(NOW + timedelta(minutes=1), "behind")
    for asked in (to(), to("orders"), to("orders", traits=("city",))):
        assert passage(asked, person(), is_behind=True) == Permitted()
    assert passage(to("ads"), person(("ads",)), is_behind=True, withdraws=True) == IDS_ALONE


def test_a_refusal_that_was_heard_is_heeded_until_a_later_grant_on_its_identifier() -> None:
    granted = person(("ads",))
    for time, permitted in (("2026-11-02", False), (GIVEN, False), ("2026-10-31", True)):
        consent = heeded(granted.state.consent, {"a": {"ads": time}})
        found = passage(to("ads"), replace(granted, state=replace(granted.state, consent=consent)))
        assert found == (Permitted() if permitted else Withheld("refused:ads"))
    told = person(refused=("ads",)).state.consent
    withdrawn = {"a": {"ads": told["a"]["ads"]._replace(state="withdrawn")}}
    assert heeded(withdrawn, {"a": {"ads": GIVEN}}) == withdrawn
    on_another = heeded(granted.state.consent, {"b": {"ads": to_text(NOW)}})
    assert passage(to("ads"), replace(granted, state=ProfileState(consent=on_another))) == Withheld("refused:ads")


@pytest.mark.parametrize(
    ("traits", "place", "country"),
    [
        ({"country": "kr", "address": {"country": "DE"}}, {"country": "US"}, "KR"),
        ({"country": "South Korea", "address": {"country": "DE"}}, {"country": "US"}, "DE"),
        ({}, {"country": "US", "locale": "KR"}, "US"),
        ({"address": "Seoul"}, {"locale": "KR"}, "KR"),
        ({"country": 82}, {}, ""),
    ],
)
def test_the_country_is_told_by_traits_before_places_before_languages(
    traits: dict[str, Any], place: dict[str, str], country: str
) -> None:
    assert country_of(person(place=place, **traits).state) == country
