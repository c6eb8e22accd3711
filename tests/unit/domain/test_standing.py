"""What consent comes to: signals read by purposes, at a moment."""

from datetime import UTC, datetime

import pytest

from shared.domain.consent import EVERY_CATEGORY, Decision
from shared.domain.policy_packs import SHIPPED, PolicyPack, pack_for, packs_of
from shared.domain.purposes import NONE_DECLARED, Purpose, purposes_of
from shared.domain.standing import permits, standings, states
from shared.domain.times import months_later, to_text

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
ADS = Purpose("ads", {"en": "Ads"}, signals=("Advertising", "google:ad_storage"), valid_months=24, reconfirm_months=24)
DECLARED = purposes_of([ADS, Purpose("profiling", {"en": "Profiling"}, signals=("Advertising",))])


def said(state: str, time: str) -> Decision:
    return Decision(state, time, f"m-{time}", "src_web")  # type: ignore[arg-type]


def test_each_purpose_of_a_signal_is_decided_by_it_and_what_no_purpose_lists_is_one_of_its_own() -> None:
    given = {"a": {"Advertising": said("granted", "2026-11-20T00:00:00.000Z"), "C9": said("refused", "1")}}
    assert states(standings(given, {}, DECLARED, NOW)) == {"C9": "refused", "ads": "granted", "profiling": "granted"}
    assert states(standings(given, {}, NONE_DECLARED, NOW)) == {"Advertising": "granted", "C9": "refused"}


def test_of_the_signals_on_one_identifier_the_latest_holds_and_at_one_moment_the_refusal() -> None:
    early, late = "2026-11-19T00:00:00.000Z", "2026-11-20T00:00:00.000Z"
    given = {"a": {"Advertising": said("granted", early), "google:ad_storage": said("withdrawn", late)}}
    assert states(standings(given, {}, DECLARED, NOW))["ads"] == "withdrawn"
    given["a"]["Advertising"] = said("granted", late)
    assert states(standings(given, {}, DECLARED, NOW))["ads"] == "withdrawn"


@pytest.mark.parametrize(
    ("now", "state"),
    [("2026-11-20T23:59:59.999", "granted"), ("2026-11-21T00:00:00.000", "expired"), ("2099-01-01", "expired")],
)
def test_a_grant_ends_to_the_millisecond(now: str, state: str) -> None:
    given = {"a": {"ads": said("granted", "2024-11-21T00:00:00.000Z")}}
    found = standings(given, {}, DECLARED, datetime.fromisoformat(now).replace(tzinfo=UTC))["ads"]
    assert (found.state, found.expires_at, found.reconfirm_by) == (state, *["2026-11-21T00:00:00.000Z"] * 2)


def test_a_month_later_is_the_same_day_or_the_last_of_the_month() -> None:
    assert to_text(months_later(datetime(2024, 1, 31, tzinfo=UTC), 1))[:10] == "2024-02-29"
    assert to_text(months_later(datetime(2024, 2, 29, tzinfo=UTC), 24))[:10] == "2026-02-28"
    assert to_text(months_later(datetime(2026, 12, 5, tzinfo=UTC), 12))[:10] == "2027-12-05"


def test_without_a_decision_the_default_holds_and_what_nobody_is_asked_about_is_permitted() -> None:
    opt_out, contract = Purpose("site", {}, default="opt_out"), Purpose("orders", {}, basis="contract")
    assert [permits(one, None) for one in (ADS, opt_out, contract)] == [False, True, True]
    assert permits(ADS, None, "opt_out")
    refused = standings({"a": {"site": said("refused", "1"), "orders": said("refused", "1")}}, {}, NONE_DECLARED, NOW)
    assert not permits(opt_out, refused["site"], "opt_out")
    assert permits(contract, refused["orders"])


def test_the_pack_of_a_person_is_that_of_their_country_or_the_companys_choice() -> None:
    packs = packs_of({})
    assert [pack.id for pack in SHIPPED if pack_for(packs, pack.countries[0]) is not pack] == []
    assert pack_for(packs, "BR") is None
    chosen = packs_of({"house": PolicyPack("house", "", for_everybody=True)})
    found = [pack_for(chosen, country) for country in ("BR", "KR", "")]
    assert [pack and pack.id for pack in found] == ["house", "kr", "house"]


def test_of_several_packs_of_a_country_one_of_the_companys_own_holds_and_of_these_the_first() -> None:
    own = {one: PolicyPack(one, "", countries=("KR",), version=1) for one in ("korea_strict", "zz")}
    found = pack_for(packs_of(own), "KR")
    assert found is own["korea_strict"]


def test_who_names_no_category_at_all_refuses_what_a_category_may_decide_by_its_id_alone_too() -> None:
    declared = purposes_of(
        [Purpose("site", {}, default="opt_out"), Purpose("measuring", {}, default="opt_out", signals=("tcf:8",))]
    )
    given = {"a": {EVERY_CATEGORY: said("refused", "2026-11-20T00:00:00.000Z")}}
    assert states(standings(given, {}, declared, NOW)) == {"site": "refused"}
