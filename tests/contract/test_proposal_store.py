"""The door to proposals: a pair is put as often as it is found, and decided once."""

from datetime import datetime, timedelta

import pytest

from shared.aws import clients
from shared.domain.proposals import Evidence, Pair, Proposal, pair_id
from shared.domain.times import to_text
from shared.stores.proposal_store import ProposalStore
from shared.stores.tables import LEDGER
from tests.contract.conftest import Dynamo
from tests.faults import Failing
from tests.people import NOW

LATER = NOW + timedelta(hours=1)
EVIDENCE = (Evidence("given_name", "nearly the same", 2.47), Evidence("phone", "different", -1.0))
PAIR = Pair("p1", "p2", 0.998975, 9.93, EVIDENCE, ("birth_date + surname", "phone"))


def again(probability: float, weight: float) -> Pair:
    return Pair(PAIR.first, PAIR.second, probability, weight)


@pytest.fixture
def store(dynamo: Dynamo) -> ProposalStore:
    return ProposalStore(dynamo.table(LEDGER))


def test_a_proposal_comes_back_as_it_was_put(store: ProposalStore) -> None:
    assert store.put(PAIR, NOW)
    assert store.get(PAIR.id) == Proposal(PAIR, to_text(NOW))
    assert store.get(pair_id("p1", "p3")) is None


def test_a_pair_without_evidence_comes_back_as_it_was_put(store: ProposalStore) -> None:
    store.put(again(1.0, 25.0), NOW)
    assert store.get(PAIR.id) == Proposal(again(1.0, 25.0), to_text(NOW))


def test_an_open_proposal_takes_the_score_of_the_last_finding(store: ProposalStore) -> None:
    store.put(PAIR, NOW)
    assert store.put(again(0.91, 3.3), LATER)
    assert list(store.list()) == [Proposal(again(0.91, 3.3), to_text(LATER))]


@pytest.mark.parametrize("state", ["accepted", "rejected"])
def test_what_is_decided_stays_however_often_it_is_found_or_withdrawn(store: ProposalStore, state: str) -> None:
    store.put(PAIR, NOW)
    assert store.decide(PAIR.id, state, "mina", LATER) == "decided"  # type: ignore[arg-type]
    decided = store.get(PAIR.id)
    assert decided == Proposal(PAIR, to_text(NOW), state, "mina", to_text(LATER))  # type: ignore[arg-type]
    assert not store.put(again(0.91, 3.3), LATER)
    assert not store.withdraw(PAIR.id)
    assert store.get(PAIR.id) == decided


def test_the_first_decision_stands_and_the_second_is_told_so(store: ProposalStore) -> None:
    store.put(PAIR, NOW)
    store.decide(PAIR.id, "accepted", "mina", NOW)
    assert store.decide(PAIR.id, "accepted", "juno", LATER) == "repeated"
    assert store.decide(PAIR.id, "rejected", "juno", LATER) == "contradicted"
    found = store.get(PAIR.id)
    assert found is not None
    assert (found.state, found.decided_by) == ("accepted", "mina")


def test_a_decision_on_what_nobody_proposed_is_told_so_and_leaves_nothing(store: ProposalStore) -> None:
    assert store.decide(PAIR.id, "accepted", "mina", NOW) == "unknown"
    assert list(store.list()) == []


def test_of_two_who_decide_at_once_one_is_heard(
    store: ProposalStore, dynamo: Dynamo, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put(PAIR, NOW)

    def juno() -> None:
        monkeypatch.setattr(clients, "_client", real)
        store.decide(PAIR.id, "rejected", "juno", NOW)

    real = clients._client
    failing = Failing(dynamo.client, "update_item", times=1, before=juno)
    monkeypatch.setattr(clients, "_client", lambda service: failing)
    assert store.decide(PAIR.id, "accepted", "mina", NOW) == "contradicted"


def test_a_proposal_that_is_found_again_while_somebody_decides_stays_decided(
    store: ProposalStore, dynamo: Dynamo, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put(PAIR, NOW)
    failing = Failing(
        dynamo.client, "put_item", times=1, before=lambda: (store.decide(PAIR.id, "rejected", "juno", NOW), None)[1]
    )
    monkeypatch.setattr(clients, "_client", lambda service: failing)
    assert not store.put(PAIR, LATER)
    assert [one.state for one in store.list()] == ["rejected"]


def test_an_open_proposal_can_be_withdrawn_once(store: ProposalStore) -> None:
    store.put(PAIR, NOW)
    assert store.withdraw(PAIR.id)
    assert not store.withdraw(PAIR.id)
    assert store.get(PAIR.id) is None


def test_proposals_are_listed_by_state_however_many(store: ProposalStore) -> None:
    pairs = [Pair("p0", f"p{number:04}", 0.95, 4.2, EVIDENCE * 20) for number in range(1, 1200)]
    when: datetime = NOW
    for pair in pairs:
        store.put(pair, when)
    store.decide(pairs[7].id, "rejected", "mina", when)
    assert [one.pair.id for one in store.list()] == [pair.id for pair in pairs]
    assert [one.pair for one in store.list("rejected")] == [pairs[7]]
    assert len(list(store.list("open"))) == len(pairs) - 1
