"""Commands that take people apart and put them together, over the real functions and moto."""

import json

import pytest

from shared.domain.proposals import Pair
from shared.stores.proposal_store import ProposalStore
from shared.stores.tables import LEDGER
from tests.conftest import Deployment
from tests.jobs import on_the_command_line, run
from tests.people import NOW
from tests.pipeline import track
from tests.way import Way


@pytest.fixture
def way(aws: Deployment, monkeypatch: pytest.MonkeyPatch) -> Way:
    """Jane with a device, and Joe."""
    made = Way(aws)
    made.collect(track("m1", userId="jane", anonymousId="a1"), track("m2", userId="joe"))
    made.drain()
    made.close()
    on_the_command_line(aws, monkeypatch)
    return made


def ids(way: Way, *users: str) -> list[str]:
    return [found.id for user in users if (found := way.person("user_id", user))]


def test_a_split_is_previewed_done_and_lifted(way: Way) -> None:
    preview = run("split", "user_id:jane", "--leaves", "anonymous_id:a1", "--preview").output
    assert "stays: user_id:jane; 1 events" in preview
    assert "A new profile: anonymous_id:a1; 0 events" in preview
    assert "done: 1 new people" in run("split", "user_id:jane", "--leaves", "anonymous_id:a1").output
    listed = run("links", "list").output
    assert "operations  split  2 profiles" in listed
    link = listed.split()[0]
    refused = run("merge", "user_id:jane", "anonymous_id:a1")
    assert refused.exit_code == 1
    assert "keeps nobody apart any more" in run("links", "lift", link).output
    assert "lifted by operations" in run("links", "list").output
    assert "went into" in run("merge", "user_id:jane", "anonymous_id:a1", "--reason", "one person").output


def test_what_an_operator_merged_is_found_and_undone(way: Way) -> None:
    jane, joe = ids(way, "jane", "joe")
    run("merge", "user_id:jane", "user_id:joe")
    assert ids(way, "jane") == ids(way, "joe")
    (gone,) = {jane, joe} - set(ids(way, "jane"))
    assert "1 merges; 1 people would be 2 at most." in run("undo", "--merged", gone, "--preview").output
    assert "done: 1 new people, 1 people" in run("undo", "--merged", gone).output
    assert ids(way, "jane") != ids(way, "joe")
    assert run("undo", "--merged", gone, "--rules", "1").exit_code != 0


def test_each_side_of_an_undone_merge_tells_its_whole_history_in_sentences(way: Way) -> None:
    before = dict(zip(ids(way, "jane", "joe"), ("jane", "joe"), strict=True))
    run("merge", "user_id:jane", "user_id:joe")
    (gone,) = before.keys() - {*ids(way, "jane")}
    run("undo", "--merged", gone)
    left, stayed = before[gone], next(user for profile_id, user in before.items() if profile_id != gone)
    told = json.loads(run("profile", "why", f"user_id:{left}", "--json").output)
    assert told["counts"].keys() == {"created", "attached", "moved", "apart", "undone"}
    assert told["counts"]["created"] == 2, "as it was first, and by the split"
    assert f"The merge of {gone} was undone: its id leads here." in {one["sentence"] for one in told["decisions"]}
    other = json.loads(run("profile", "why", f"user_id:{stayed}", "--json").output)
    assert other["counts"].keys() == {"created", "attached", "merged", "apart"}


def test_a_proposal_is_accepted_or_rejected_once(way: Way, aws: Deployment) -> None:
    pair = Pair(*sorted(ids(way, "jane", "joe")), probability=0.99, weight=7.0)
    proposals = ProposalStore(aws.table(LEDGER))
    proposals.put(pair, NOW)
    assert "keeps them apart" in run("duplicates", "reject", pair.id).output
    assert run("duplicates", "accept", pair.id).exit_code == 1
    assert run("merge", "user_id:jane", "user_id:joe").exit_code == 1
    assert "operations  duplicate_rejected  2 profiles" in run("links", "list").output


def test_an_accepted_proposal_is_a_merge_that_can_be_repeated_and_undone(way: Way, aws: Deployment) -> None:
    pair = Pair(*sorted(ids(way, "jane", "joe")), probability=0.99, weight=7.0)
    ProposalStore(aws.table(LEDGER)).put(pair, NOW)
    accepted = run("duplicates", "accept", pair.id).output
    assert run("duplicates", "accept", pair.id).output == accepted
    assert ids(way, "jane") == ids(way, "joe")
    assert "done: 1 new people" in run("undo", "--merged", accepted.split()[0]).output
    assert ids(way, "jane") != ids(way, "joe")
