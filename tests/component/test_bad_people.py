"""What bad clients send about people, through the real handlers: capped, refused or kept apart, with a reason."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from shared.aws import clients
from shared.aws.dynamo import to_attributes
from shared.domain import profiles
from shared.domain.events import Event
from shared.stores.count_store import CountStore
from shared.stores.event_store import to_item
from shared.stores.tables import LEDGER
from tests.component.stitching import a_warm_function, stitched, waiting, who
from tests.conftest import Deployment
from tests.faults import Failing, client_error
from tests.people import Cdp, make_event
from tests.pipeline import refusals, track
from tests.way import Way

__all__ = ["a_warm_function"]


@pytest.fixture
def way(aws: Deployment) -> Iterator[Way]:
    made = Way(aws)
    yield made
    made.close()


def told(aws: Deployment, source_id: str) -> dict[str, int]:
    """What the health of a source notes, over all hours."""
    found = CountStore(aws.table(LEDGER)).of_source(source_id, "0", "9999")
    return dict(sum((Counter(counts.totals.notes) for _, _, counts in found), Counter()))


def stream(*events: Event) -> list[dict[str, Any]]:
    return [
        {
            "eventName": "INSERT",
            "eventSource": "aws:dynamodb",
            "dynamodb": {"NewImage": to_attributes(to_item(event, 36_500)), "SequenceNumber": f"{number:021d}"},
        }
        for number, event in enumerate(events)
    ]


@pytest.mark.usefixtures("a_warm_function")
def test_where_the_health_of_a_source_cannot_be_written_its_events_are_folded_once_all_the_same(
    aws: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    throttled = Failing(clients.dynamodb(), "update_item", client_error("ThrottlingException"))
    monkeypatch.setattr("shared.stores.count_store.dynamodb", lambda: throttled)
    limited = [make_event({"userId": f"u{n}", "anonymousId": "a1", "event": "Seen"}, n, f"m{n}") for n in range(2)]
    assert stitched(*stream(*limited)) == []
    assert throttled.calls == 1
    assert waiting(aws) == []
    assert [who("user_id", user).state.event_count for user in ("u0", "u1")] == [1, 1]


@pytest.mark.usefixtures("a_warm_function")
def test_a_flood_of_identifiers_on_one_person_is_capped_and_told(aws: Deployment) -> None:
    flood = [make_event({"userId": "u1", "anonymousId": f"a{n}", "event": "Seen"}, n % 20, f"m{n}") for n in range(300)]
    assert stitched(*stream(*flood)) == []
    person = who("user_id", "u1")
    assert person.state.event_count == 300
    assert len(person.identifiers) < 30
    assert waiting(aws) == []
    kept_out = 301 - len(person.identifiers)
    assert told(aws, "src_test") == {"identity:limit:anonymous_id": kept_out}
    assert stitched(*stream(*flood)) == []
    assert told(aws, "src_test") == {"identity:limit:anonymous_id": kept_out}


@pytest.mark.usefixtures("a_warm_function")
def test_a_person_of_a_thousand_identifiers_takes_no_more(aws: Deployment) -> None:
    rows = [
        make_event(
            {"userId": "u1", "context": {"externalIds": [{"type": "till", "id": f"t{n}"}]}, "event": "Seen"}, 0, f"m{n}"
        )
        for n in range(1_010)
    ]
    for start in range(0, len(rows), 101):
        assert stitched(*stream(*rows[start : start + 101])) == []
    assert len(who("user_id", "u1").identifiers) == 1_000
    assert told(aws, "src_test") == {"identity:too_many_identifiers": 11}


@pytest.mark.usefixtures("a_warm_function")
def test_a_kiosk_that_many_people_use_joins_none_of_them(aws: Deployment) -> None:
    visits = [make_event({"userId": f"u{n}", "anonymousId": "kiosk", "event": "Seen"}, n, f"m{n}") for n in range(10)]
    visits.append(make_event({"anonymousId": "kiosk", "event": "Seen"}, 11, "m99"))
    assert stitched(*stream(*visits)) == []
    people = {who("user_id", f"u{n}").id for n in range(10)}
    assert len(people) == 10
    assert who("anonymous_id", "kiosk").id not in people
    assert told(aws, "src_test")["identity:contested"] == 1


def test_values_that_everybody_sends_name_nobody(way: Way) -> None:
    worthless = ["null", "undefined", "NaN", "0", "-1", "[object Object]", "", None]
    way.collect(*(track(f"m{n}", userId=value, anonymousId=f"a{n}") for n, value in enumerate(worthless)))
    way.collect(
        track("m90", userId="u1", traits={"phone": "000-0000-0000"}),
        track("m91", userId="u2", traits={"phone": "000-0000-0000"}),
    )
    way.collect(track("m92", userId="null"), track("m93", userId=None))
    way.drain(publish=False)
    held = sorted(i.namespace for profile in way.everybody() for i in profile.identifiers.values())
    assert held == ["anonymous_id"] * 8 + ["user_id"] * 2
    assert refusals(way.aws) == [("no_identifier", "userId")]
    assert told(way.aws, "src_web") == {"quarantined:no_identifier:userId": 1}


def test_aliases_in_a_circle_come_to_an_end(way: Way) -> None:
    def alias(number: int, of: str, previous: str) -> dict[str, Any]:
        return {"type": "alias", "messageId": f"m{number}", "userId": of, "previousId": previous}

    circle = [alias(1, "b", "a"), alias(2, "c", "b"), alias(3, "a", "c")]
    way.collect(*(track(f"k{n}", userId=None, anonymousId=name) for n, name in enumerate("abc")))
    way.collect(*circle, *circle)
    way.drain(publish=False)
    assert len({profile.id for profile in way.everybody()}) == len(way.everybody())
    assert way.waiting(way.aws.stitch_retries_url) == []
    assert sum(profile.state.event_count for profile in way.everybody()) == 6


@pytest.mark.usefixtures("a_warm_function")
def test_more_events_than_its_budget_are_kept_and_left_out_of_a_person(
    aws: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(profiles, "BUDGET", 150)
    monkeypatch.setattr(profiles, "MOST_INSIDE", 20)
    for start in range(0, 300, 50):
        many = [make_event({"userId": "bot", "event": "Seen"}, n / 1_000, f"m{n}") for n in range(start, start + 50)]
        assert stitched(*stream(*many)) == []
    assert who("user_id", "bot").state.event_count == 150
    assert told(aws, "src_test") == {"identity:over_budget": 150}
    assert waiting(aws) == []


def test_trait_bombs_are_refused_or_stay_on_their_event(way: Way) -> None:
    def identify(number: int, **traits: Any) -> dict[str, Any]:
        return {"type": "identify", "messageId": f"m{number}", "userId": "u1", "traits": traits}

    thousand = {f"k{n}": "some value" for n in range(1_000)}
    deep: Any = "bottom"
    for _ in range(100):
        deep = [deep]
    way.collect(identify(1, bio="x" * 300_000), identify(2, **thousand), identify(3, deep=deep))
    way.collect(identify(4, plan="pro", bio="x" * 9_000, attributes=thousand, **{"n" * 201: 1}))
    way.drain(publish=False)
    (person,) = way.everybody()
    assert sorted(person.state.traits) == ["plan"]
    assert [reason for reason, _ in refusals(way.aws)] == ["event_too_large", "too_deep", "too_many_traits"]
    notes = told(way.aws, "src_web")
    assert {note: times for note, times in notes.items() if note.startswith("left_out")} == {
        "left_out:trait_name_too_long": 1,
        "left_out:trait_too_large:attributes": 1,
        "left_out:trait_too_large:bio": 1,
    }


@pytest.mark.usefixtures("a_warm_function")
def test_a_profile_that_is_full_takes_no_more_and_nothing_goes_round(aws: Deployment) -> None:
    """Traits of 7 KB each until the item would burst; what comes then is stored, told and left out."""
    bombs = [
        make_event({"type": "identify", "userId": "u1", "traits": {f"t{n}": "x" * 7_000}}, n / 100, f"m{n}")
        for n in range(80)
    ]
    assert stitched(*stream(*bombs[:60])) == []
    assert stitched(*stream(*bombs[60:])) == []
    person = who("user_id", "u1")
    assert 20 < person.state.event_count < 60
    assert told(aws, "src_test") == {"identity:profile_full": 80 - person.state.event_count}
    assert waiting(aws) == []


@pytest.mark.usefixtures("a_warm_function")
def test_ten_thousand_names_on_one_person_are_all_counted_in_a_bounded_profile(aws: Deployment) -> None:
    many = [make_event({"userId": "u1", "event": f"Event {n}"}, n / 1_000, f"m{n}") for n in range(10_000)]
    for start in range(0, len(many), 500):
        assert stitched(*stream(*many[start : start + 500])) == []
    person = who("user_id", "u1")
    assert person.state.event_count == 10_000
    assert len(person.state.events) == 301
    assert person.size < 150_000


def test_ten_thousand_anonymous_ids_of_one_user_leave_a_small_profile() -> None:
    def seen(number: int) -> Event:
        return make_event({"userId": "u1", "anonymousId": f"a{number}", "event": "Seen"}, number % 20, f"m{number}")

    flood = (seen(number) for number in range(10_000))
    (person,) = Cdp().take(flood).live
    assert person.state.event_count == 10_000
    assert len(person.identifiers) < 30


@pytest.mark.usefixtures("a_warm_function")
def test_ever_new_traits_leave_a_bounded_profile_that_tells_of_each_that_went(aws: Deployment) -> None:
    def identify(number: int) -> Event:
        traits = {f"t{number}_{n}": n for n in range(250)}
        return make_event({"type": "identify", "userId": "u1", "traits": traits}, number / 100, f"m{number}")

    sizes = []
    for number in range(12):
        assert stitched(*stream(identify(number))) == []
        person = who("user_id", "u1")
        told_of = {fact for fact, change in person.changes.items() if fact.startswith("trait:") and change.value}
        assert told_of == {f"trait:{name}" for name in person.state.traits}
        sizes.append(person.size)
    assert {name.split("_")[0] for name in person.state.traits} == {"t10", "t11"}
    assert person.changes["trait:t9_1"].value == ""
    assert "trait:t8_1" not in person.changes
    assert sizes[-1] < sizes[5] + 5_000
