"""Which decisions become consent records, and as what."""

from dataclasses import replace
from typing import Any

import pytest

from shared.domain.consent import Decision
from shared.domain.consent_records import ConsentRecord, RecordKey, records_of
from shared.domain.purposes import NONE_DECLARED, Purpose, purposes_of
from shared.domain.state import ProfileState, fold
from tests.people import make_event
from tests.unit.domain.test_tcf import tc_string

ADS = Purpose("ads", {"en": "Ads"}, wording="3", signals=("Advertising", "google:ad_storage"))
DECLARED = purposes_of([ADS])


def event(day: float, **consent: Any) -> Any:
    return make_event({"userId": "u1", "event": "Seen", "context": {"consent": consent}}, day, f"m{day}")


def states(*records: ConsentRecord) -> list[dict[str, str]]:
    return [{signal: recorded.state for signal, recorded in record.decisions.items()} for record in records]


def test_only_what_says_something_else_becomes_a_record() -> None:
    said = [True, True, False, False, True]
    events = [event(day, categoryPreferences={"Advertising": yes, "Analytics": True}) for day, yes in enumerate(said)]
    records = records_of([], events, DECLARED)
    given = [{"Advertising": "given", "Analytics": "given"}, {"Advertising": "withdrawn"}, {"Advertising": "given"}]
    assert states(*records) == given
    assert [record.key.message_id for record in records] == ["m0", "m2", "m4"]
    assert records[0].decisions["Advertising"].purposes == {"ads": "3"}
    assert records[0].decisions["Analytics"].purposes == {}


def test_a_grant_by_a_clock_that_is_fast_outlasts_no_later_withdrawal() -> None:
    granted = event(0.003, decisions=[{"purpose": "ads", "state": "granted"}])
    fast = replace(granted, received_at=event(0).time)
    withdrawn = event(0.001, decisions=[{"purpose": "ads", "state": "withdrawn"}])
    assert fast.received_at < withdrawn.time < fast.time
    for order in ((fast, withdrawn), (withdrawn, fast)):
        state = ProfileState()
        for one in order:
            state = fold(state, one, ())
        (decision,) = [said["ads"] for said in state.consent.values()]
        assert (decision.state, decision.message_id) == ("withdrawn", "m0.001")
    assert [record.key.time for record in records_of([], [fast], DECLARED)] == [fast.received_at]


def test_an_explicit_decision_is_always_one_with_all_that_proves_it() -> None:
    proof = {"wording": "2", "language": "ko", "method": "form", "evidence": "form/77"}
    explicit = {"purpose": "ads", "state": "granted", **proof}
    first, again = records_of([], [event(1, decisions=[explicit]), event(2, decisions=[explicit])], DECLARED)
    assert states(first, again) == [{"ads": "given"}, {"ads": "re-confirmed"}]
    said = again.decisions["ads"].said
    assert (said.wording, said.language, said.method, said.evidence) == ("2", "ko", "form", "form/77")
    assert again.decisions["ads"].purposes == {"ads": "2"}
    (unknown,) = records_of([], [event(3, decisions=[explicit])], NONE_DECLARED)
    assert unknown.decisions["ads"].purposes == {"ads": "2"}


def test_what_stood_before_the_batch_counts_and_what_comes_late_changes_nothing() -> None:
    late, repeated = event(1, categoryPreferences={"Advertising": True}), event(3, google={"ad_storage": "denied"})
    anchor = late.anchor
    stood = {
        anchor: {
            "Advertising": Decision("refused", event(2).time, "m2", "s"),
            "google:ad_storage": Decision("refused", event(2).time, "m2", "s"),
        }
    }
    assert records_of([stood], [late, repeated], DECLARED) == []
    again = {anchor: {"Advertising": Decision("granted", late.time, late.message_id, late.source_id)}}
    assert records_of([again], [late], DECLARED) == []


def test_two_events_of_one_message_id_and_time_are_one_record() -> None:
    one = event(1, categoryPreferences={"Advertising": True})
    other = replace(event(1, google={"ad_storage": "denied"}), sk="2099#m1")
    (record,) = records_of([], [one, other], DECLARED)
    assert states(record) == [{"Advertising": "given", "google:ad_storage": "refused"}]


def test_a_record_keeps_the_tcf_string_the_channel_and_the_country() -> None:
    text = tc_string(1)
    context = {"consent": {"tcf": {"tcString": text}}, "location": {"country": "DE"}, "channel": "web"}
    (record,) = records_of([], [make_event({"userId": "u1", "event": "Seen", "context": context})], DECLARED)
    assert (record.tc_string, record.country, record.channel) == (text, "DE", "web")
    assert record.decisions["tcf:1"].state == "given"
    assert record.decisions["tcf:2"].state == "refused"


@pytest.mark.parametrize("message_id", ["m1", "with#signs/and ümlauts", "m" * 100])
def test_the_id_of_a_record_leads_back_to_it(message_id: str) -> None:
    key = RecordKey("a" * 24, "2026-11-21T09:30:00.000Z", message_id)
    assert RecordKey.parse(key.id) == key


@pytest.mark.parametrize(
    "text", ["", "a" * 24, "a" * 30, "a" * 24 + "IyM", "ä" * 40, "a" * 24 + "!!!!", "a" * 24 + "_w"]
)
def test_other_text_is_no_id_of_a_record(text: str) -> None:
    with pytest.raises(ValueError):
        RecordKey.parse(text)
