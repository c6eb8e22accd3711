"""Whose an identifier is when somebody is erased, until when it is suppressed, and what is left of it."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.erasures import NOBODY, Person, left_of, named_in, without_names
from shared.domain.events import HashedIdentifier
from shared.domain.identifiers import Identifier
from shared.domain.identity import Ownership, Period, owner
from shared.domain.receipts import is_genuine, signed
from shared.domain.retention_duties import RetentionDuty, kept
from shared.domain.suppression import HOLDS
from tests.people import make_event

NOON, LATER = "2026-11-21T12:00:00.000Z", "2026-11-22T12:00:00.000Z"


def owned(hashed: str, *periods: tuple[str, str], contested: bool = False) -> Ownership:
    named = HashedIdentifier(Identifier("anonymous_id", hashed), hashed)
    return Ownership(named, tuple(Period(who, since, f"entry#{hashed}") for who, since in periods), contested)


def test_what_only_they_had_is_suppressed_for_good_and_a_contested_device_until_it_was_anothers() -> None:
    person = Person(
        frozenset({"p1", "p0"}),
        {
            "mail": owned("mail", ("p0", "")),
            "new": owned("new"),
            "tablet": owned("tablet", ("p0", ""), ("d1", NOON), contested=True),
            "kiosk": owned("kiosk", ("p2", ""), ("p1", NOON), contested=True),
            "till": owned("till", ("p2", ""), ("p1", NOON), contested=True),
        },
    )
    assert person.whole == {"mail", "new"}
    assert person.identifiers == [Identifier("anonymous_id", "mail"), Identifier("anonymous_id", "new")]
    until = {hashed: person.until(hashed, LATER) for hashed in person.ownerships}
    assert until == {"mail": HOLDS, "new": HOLDS, "tablet": "2026-11-21T11:59:59.999Z", "kiosk": LATER, "till": LATER}
    assert person.owns("tablet", "2026-11-21T11:59:59.999Z")
    assert not person.owns("tablet", NOON)
    assert left_of(person, person.ownerships["mail"]) is None
    kiosk, till, left = (left_of(person, person.ownerships[name]) for name in ("kiosk", "till", "tablet"))
    assert kiosk
    assert till
    assert kiosk.periods[0].profile_id == "p2"
    assert kiosk.periods[1].profile_id not in ("p1", "p2", NOBODY), "who comes next is nobody of before"
    assert till.periods[1].profile_id not in ("p1", "p2", NOBODY, kiosk.periods[1].profile_id), "nor of another device"
    assert left
    assert [period.profile_id for period in left.periods] == [NOBODY, "d1"]
    assert left_of(replace(person, profile_ids=frozenset({"p9"})), left) == left


times = st.sampled_from([f"2026-11-{day:02d}T00:00:00.000Z" for day in range(1, 29)])


@settings(max_examples=100)
@given(st.lists(st.sampled_from(["p1", "d1", "d2"]), min_size=1, max_size=5), st.lists(times, unique=True), times)
def test_nothing_that_was_theirs_is_let_in_again_and_others_own_what_they_owned(
    who: list[str], moments: list[str], time: str
) -> None:
    since = ["", *sorted(moments)]
    one = owned("tablet", *zip(who, since, strict=False), contested=True)
    person = Person(frozenset({"p1"}), {"tablet": one})
    left = left_of(person, one)
    assert left
    if not any(period.profile_id == "p1" for period in one.periods):
        assert left == one
        return
    if person.owns("tablet", time):
        assert time <= person.until("tablet", "2026-12-01T00:00:00.000Z")
        assert owner(left.periods, time) in person.stand_ins("tablet").values()
    else:
        assert owner(left.periods, time) == owner(one.periods, time)


def test_a_name_is_taken_out_whole_and_a_receipt_that_was_changed_is_no_receipt() -> None:
    person = Person(frozenset({"p1", "p10"}), {})
    assert without_names("p10 went into p1", person.stand_ins()) == "erased went into erased"
    assert named_in("of p10", person.names())
    receipt = signed({"request_id": "r1", "left": {"events": 0}}, "key")
    assert is_genuine(receipt, "key")
    assert not is_genuine(receipt, "another")
    assert not is_genuine({**receipt, "left": {"events": 1}}, "key")


def test_a_duty_keeps_events_of_its_names_until_its_days_are_over() -> None:
    duty = RetentionDuty("orders", "Orders", ("Order Completed",), 10, "a law")
    event = make_event({"event": "Order Completed", "userId": "u1"})
    (one,) = kept([duty], event, 0)
    assert kept([duty], event, one.until - 1) == [one]
    assert kept([duty], event, one.until) == []
    assert kept([duty], make_event({"event": "Seen", "userId": "u1"}), 0) == []
