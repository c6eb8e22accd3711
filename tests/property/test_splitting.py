"""What must hold for any split of any person: nobody's events are lost, consent never widens, and it can be rebuilt."""

from dataclasses import replace
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from shared.domain.events import Event
from shared.domain.identity_ledger import Decided, WhoIsWho, who_is_who
from shared.domain.splitting import Part
from shared.domain.state import to_json
from tests.consents import permitted
from tests.people import Cdp, make_event
from tests.property.test_profiles import UNPROTECTED, histories
from tests.splits import taken_apart


def decided(cdp: Cdp) -> WhoIsWho:
    return who_is_who(Decided(key.profile_id, key.entry, entry.effect) for key, entry in cdp.people.ledger.items())


def as_stored(cdp: Cdp) -> WhoIsWho:
    owned, people = cdp.people.ownerships, cdp.people.profiles.values()
    return WhoIsWho(
        periods={hashed: ownership.periods for hashed, ownership in owned.items()},
        decisions={hashed: ownership.decisions for hashed, ownership in owned.items()},
        contested={hashed for hashed, ownership in owned.items() if ownership.contested},
        merged_into={p.id: p.merged_into for p in people if p.merged_into},
        apart={p.id: dict(p.apart) for p in people if p.apart},
    )


@settings(max_examples=150, deadline=None)
@given(histories(), st.data())
def test_a_split_person_is_folded_as_its_events_say_and_widens_no_consent(events: list[Event], data: Any) -> None:
    cdp = Cdp(UNPROTECTED).take(events)
    for number in range(2):
        people = [p for p in cdp.live if len(p.identifiers) > 1]
        assume(people)
        whole = data.draw(st.sampled_from(people))
        leaving = data.draw(st.lists(st.sampled_from(sorted(whole.identifiers)), min_size=1, unique=True))
        assume(len(leaving) < len(whole.identifiers))
        cut = data.draw(st.integers(1, len(leaving)))
        parts = [Part(f"n{number}{n}", tuple(some)) for n, some in enumerate((leaving[:cut], leaving[cut:])) if some]
        made = taken_apart(cdp, whole, *parts, link=f"link{number}")
        assert sum(side.state.event_count for side in made) == whole.state.event_count
        for side in made:
            assert permitted(side.state) <= permitted(whole.state)
        assert sorted(h for side in made for h in side.identifiers) == sorted(whole.identifiers)
    for profile in cdp.live:
        assert cdp.rebuild(profile) == profile
    assert decided(cdp) == as_stored(cdp)


@settings(max_examples=200, deadline=None)
@given(histories(), histories())
def test_an_undone_merge_leaves_both_as_if_they_had_never_merged(one: list[Event], other: list[Event]) -> None:
    """Two worlds that share no identifier, and an event of a device that shows both; consent stays strict."""

    def elsewhere(event: Event, number: int) -> Event:
        text = {"userId": "v", "anonymousId": "b"}
        body = {k: text[k] + v if k in text else v for k, v in event.body.items() if k != "context"}
        body["traits"] = {k: f"z{v}" if k == "email" else v for k, v in body["traits"].items()}
        return make_event(body, number / 3, f"e{number}")

    first = [make_event({k: v for k, v in e.body.items() if k != "context"}, n / 3, f"m{n}") for n, e in enumerate(one)]
    second = [elsewhere(event, number) for number, event in enumerate(other)]
    first, second = ([event for event in side if event.identifiers] for side in (first, second))
    assume(first and second)
    apart = Cdp(UNPROTECTED).take([*first, *second])
    merged = Cdp(UNPROTECTED).take([*first, *second])
    bridge = make_event({"userId": "bridge", "anonymousId": "a1", "event": "Seen"}, 9)
    # The bridge of two people is a made up event that carries an identifier of each.
    a, b = first[0].identifiers[0], second[0].identifiers[0]
    winner, loser = (merged.people.owner_of(i.hash, "9") for i in (a, b))
    assert winner
    assert loser
    joining = replace(bridge, identifiers=(a, b), pk=f"A#{a.hash}")
    ids = {p: merged.people.live(p).id for p in merged.people.profiles}
    merged.take([joining])
    gone = next(p for p in (winner, loser) if merged.people.profiles[p.id].is_merged)
    was = tuple(profile_id for profile_id, live in ids.items() if live == gone.id)
    taken_apart(merged, merged.people.live(gone.id), Part("n1", tuple(gone.identifiers), was=was))
    apart.take([replace(joining, identifiers=(a,))])

    def contents(cdp: Cdp) -> list[Any]:
        return sorted((sorted(p.identifiers.items()), to_json(p.state)) for p in cdp.live)

    assert contents(merged) == contents(apart)
    assert {merged.people.live(profile_id).id for profile_id in was} == {"n1"}
