"""Who is who can be told from the identity ledger alone."""

from random import Random

from shared.domain.identity_ledger import Decided, WhoIsWho, who_is_who
from tests.people import Cdp, make_event


def decided(cdp: Cdp) -> list[Decided]:
    return [Decided(key.profile_id, key.entry, entry.effect) for key, entry in cdp.people.ledger.items()]


def as_stored(cdp: Cdp) -> WhoIsWho:
    owned = cdp.people.ownerships
    return WhoIsWho(
        periods={hashed: ownership.periods for hashed, ownership in owned.items()},
        contested={hashed for hashed, ownership in owned.items() if ownership.contested},
        decisions={hashed: ownership.decisions for hashed, ownership in owned.items()},
        merged_into={p.id: p.merged_into for p in cdp.people.profiles.values() if p.merged_into},
    )


def test_the_ledger_in_any_order_says_what_the_items_say() -> None:
    cdp = Cdp().take(
        [
            make_event({"anonymousId": "a1"}, 1),
            make_event({"userId": "alice"}, 1.5),
            make_event({"userId": "alice", "anonymousId": "a1"}, 2),
            make_event({"userId": "bob", "anonymousId": "a1"}, 3),
            make_event({"userId": "bob", "traits": {"email": "b@x.com"}}, 4),
        ]
    )
    entries = decided(cdp)
    for seed in range(20):
        Random(seed).shuffle(entries)
        assert who_is_who(entries) == as_stored(cdp)
    assert as_stored(cdp).merged_into


def test_a_moved_identifier_goes_where_the_entry_lies_and_an_undone_merge_leads_there() -> None:
    found = who_is_who(
        [
            Decided("p1", "attached#h", {"n": 1}),
            Decided("p2", "merged#p1", {"loser": "p1"}),
            Decided("p3", "moved#h#2", {"n": 2, "places": [0]}),
            Decided("p3", "undone#p1", {"loser": "p1"}),
            Decided("p3", "apart#link", {"sides": ["1"]}),
            Decided("p2", "apart#link", {"sides": ["0"]}),
        ]
    )
    assert [period.profile_id for period in found.periods["h"]] == ["p3"]
    assert found.live("p1") == "p3"
    assert found.apart == {"p3": {"link": ("1",)}, "p2": {"link": ("0",)}}


def test_a_lifted_cannot_link_keeps_nobody_apart() -> None:
    found = who_is_who([Decided("p2", "apart#link", {"sides": ["0"]}), Decided("p2", "lifted#link", {})])
    assert found.apart == {"p2": {}}
