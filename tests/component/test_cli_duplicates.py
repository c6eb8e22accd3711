"""`jogakbo duplicates`: whom it proposes, what it leaves as it was decided, and what it says where that can't be."""

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cli import access
from cli.main import app
from shared.aws.dynamo import put_items
from shared.domain.identifiers import Identifier
from shared.domain.profiles import Profile
from shared.domain.proposals import Proposal
from shared.domain.state import ProfileState, Trait
from shared.stores import profile_items as items
from shared.stores.profile_store import ProfileStore
from shared.stores.proposal_store import ProposalStore
from shared.stores.tables import LEDGER, PROFILES
from tests.conftest import Deployment
from tests.koreans import shop
from tests.people import NOW, hashed

SHOP, TWICE = shop(seed=1, households=60, twice=6)
ADDRESS = {"street": "테헤란로 123", "city": "서울 강남구", "postalCode": "06236"}
MINSU: dict[str, Any] = {"name": "김민수", "birthday": "1990-01-31", "address": ADDRESS}
TWO = ("m1", "m2")
PAIR = "m1~m2"


@pytest.fixture(autouse=True)
def outputs(aws: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    names = "CollectUrl ReadUrl BusName LogBucketName EventsTable CatalogueTable"
    urls = "StoreRetriesQueueUrl StitchRetriesQueueUrl"
    found = dict.fromkeys((names + " " + urls).split(), "")
    found |= {"ProfilesTable": aws.table(PROFILES), "LedgerTable": aws.table(LEDGER)}
    monkeypatch.setattr(access, "stack_outputs", lambda stage: found)
    monkeypatch.setattr(access.console, "width", 400)


def store_of(aws: Deployment) -> ProposalStore:
    return ProposalStore(aws.table(LEDGER))


def profile(profile_id: str, traits: dict[str, Any], **more: Any) -> Profile:
    told = {name: Trait(value, "now", "m", "key", "src_web") for name, value in traits.items()}
    held = [hashed(Identifier("user_id", profile_id)), hashed(Identifier("email", f"{profile_id}@example.com"))]
    identifiers = {one.hash: one.identifier for one in held}
    return Profile(profile_id, 1, None, "now", "now", identifiers=identifiers, state=ProfileState(traits=told), **more)


def put(aws: Deployment, *profiles: Profile) -> None:
    put_items(aws.table(PROFILES), [items.profile_item(one, "live", None, None) for one in profiles])


def fill(aws: Deployment, **more: dict[str, Any]) -> None:
    """A shop, and two profiles that are one person: `more` has what else is known of them."""
    put(aws, *(profile(i, traits) for i, traits in SHOP.items()))
    put(aws, *(profile(i, MINSU, **more.get(i, {})) for i in TWO))


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ("duplicates", *arguments))


def proposals(aws: Deployment) -> dict[str, Proposal]:
    return {proposal.pair.id: proposal for proposal in store_of(aws).list()}


def test_people_who_are_there_twice_are_proposed_and_nobody_is_merged(aws: Deployment) -> None:
    fill(aws)
    result = run("find")
    assert result.exit_code == 0, result.output
    found = proposals(aws)
    assert PAIR in found
    assert {(one.pair.first, one.pair.second) for one in found.values()} <= TWICE | {TWO}
    assert f"{len(SHOP) + 2} people" in result.output
    assert f"Proposed: {len(found)} new, 0 again. Withdrawn: 0." in result.output
    people = [ProfileStore(aws.table(PROFILES)).profile(i) for i in TWO]
    assert [(one.id, one.version, one.is_merged) for one in people if one] == [(i, 1, False) for i in TWO]


def test_a_proposal_holds_no_value_of_anybody(aws: Deployment) -> None:
    fill(aws)
    run("find")
    written = json.dumps([str(one) for one in proposals(aws).values()], ensure_ascii=False)
    written += run("list", "--limit", "100").output + run("show", PAIR).output
    known = {str(v) for traits in (*SHOP.values(), MINSU) for v in traits.values() if isinstance(v, str)}
    assert not [value for value in known if value in written]
    assert not re.search("테헤란|te he ran|example.com|gim min", written)


def test_finding_again_changes_nothing_that_is_decided(aws: Deployment) -> None:
    fill(aws)
    run("find")
    before = proposals(aws)
    accepted = next(pair for pair in before if pair != PAIR)
    store_of(aws).decide(PAIR, "rejected", "mina", NOW)
    store_of(aws).decide(accepted, "accepted", "mina", NOW)
    decided = proposals(aws)
    result = run("find")
    assert "Left out: 2 that somebody has decided on before." in result.output
    assert f"Proposed: 0 new, {len(before) - 2} again. Withdrawn: 0." in result.output
    after = proposals(aws)
    assert {i: after[i] for i in (PAIR, accepted)} == {i: decided[i] for i in (PAIR, accepted)}
    assert {i: one.pair for i, one in after.items()} == {i: one.pair for i, one in before.items()}


def test_two_whom_a_cannot_link_keeps_apart_are_not_proposed(aws: Deployment) -> None:
    fill(aws, m1={"apart": {"split-1": ("a",)}}, m2={"apart": {"split-1": ("b",)}})
    result = run("find")
    assert "Left out: 1 that a cannot-link keeps apart." in result.output
    assert PAIR not in proposals(aws)


def test_an_open_proposal_whose_people_became_one_is_withdrawn(aws: Deployment) -> None:
    fill(aws)
    run("find")
    put(aws, Profile("m2", 2, "m1", "now", "now"))
    assert "Withdrawn: 1." in run("find").output
    assert PAIR not in proposals(aws)


def test_an_export_is_read_in_the_place_of_the_stage_and_withdraws_nothing(aws: Deployment, tmp_path: Path) -> None:
    fill(aws)
    run("find")
    before = proposals(aws)
    export = tmp_path / "people.csv"
    rows = [f"{i},{traits['name']},{traits.get('birthday', '')}," for i, traits in SHOP.items() if i[0] == "a"]
    rows += [f"{i},남궁서연,1971-05-03,mina@example.com" for i in (*TWO, "nobody")]
    export.write_text("\n".join(["profile_id,name,birthday,email", *rows]), encoding="utf-8")
    result = run("find", "--export", str(export))
    assert result.exit_code == 0, result.output
    assert "Left out: 2 that have a profile that isn't there any more." in result.output
    after = proposals(aws)
    assert after.keys() == before.keys()
    assert "email" in {evidence.field for evidence in after[PAIR].pair.evidence}


def test_a_dry_run_shows_pairs_and_writes_none(aws: Deployment) -> None:
    fill(aws)
    assert PAIR in run("find", "--dry-run").output
    assert proposals(aws) == {}


def test_of_too_many_the_weightiest_are_proposed(aws: Deployment) -> None:
    fill(aws)
    run("find")
    best = max(proposals(aws).values(), key=lambda one: one.pair.weight)
    result = run("find", "--most", "1")
    assert re.search(r"Left out: \d that weigh less than the first 1\.", result.output)
    assert list(proposals(aws)) == [best.pair.id]


def test_what_is_compared_can_be_declared(aws: Deployment, tmp_path: Path) -> None:
    for number in range(100):
        told = {"member_no": f"A-{number // 2 if number < 4 else number}", "shop": f"s{number // 2 % 25}"}
        put(aws, profile(f"m{number:03}", told))
    matching = tmp_path / "matching.yaml"
    matching.write_text(
        "fields:\n- {name: member_no, kind: code}\n- {name: shop, kind: exact}\n"
        "blocking:\n- {fields: [member_no], deterministic: true}\n"
    )
    run("find", "--matching", str(matching))
    assert sorted(proposals(aws)) == ["m000~m001", "m002~m003"]


def test_proposals_are_listed_by_state_the_weightiest_first_and_shown_with_their_evidence(aws: Deployment) -> None:
    fill(aws)
    run("find")
    ordered = sorted(proposals(aws).values(), key=lambda one: -one.pair.weight)
    listed = [line.split()[1] for line in run("list").output.splitlines() if "~" in line]
    assert set(listed) == {one.pair.id for one in ordered}
    assert listed[0] in {one.pair.id for one in ordered if one.pair.weight == ordered[0].pair.weight}
    assert run("list", "--state", "rejected").output == "None.\n"
    store_of(aws).decide(PAIR, "rejected", "mina", NOW)
    shown = run("show", PAIR).output.splitlines()
    assert shown[:2] == ["m1", "m2"]
    assert any(line.startswith("For one person: ") and "address the same" in line for line in shown)
    assert shown[-1] == "Rejected by mina at 2026-11-21T00:00:00.000Z."


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("people.csv", "id,name\np1,김민수\n", "line 2: no profile_id"),
        ("people.csv", "", "empty"),
        ("people.csv", "profile_id,name\np1,a\np1,b\n", "p1 stands twice"),
        ("people.jsonl", '{"profile_id": "p1"}\n{"profile', "line 2"),
    ],
)
def test_an_export_that_cannot_be_read_is_refused_with_its_place(
    tmp_path: Path, name: str, content: str, problem: str
) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    result = run("find", "--export", str(tmp_path / name))
    assert result.exit_code == 1
    assert problem in result.output


@pytest.mark.parametrize("content", ["fields: [", "fields: []\nblocking: []\n", "- 1\n"])
def test_a_declaration_that_cannot_be_used_is_refused_with_its_file(tmp_path: Path, content: str) -> None:
    (tmp_path / "m.yaml").write_text(content)
    result = run("find", "--matching", str(tmp_path / "m.yaml"))
    assert result.exit_code == 1
    assert "m.yaml: " in result.output


def test_a_pair_that_nobody_proposed_is_said_to_be_none() -> None:
    result = run("show", PAIR)
    assert result.exit_code == 1
    assert "Remedy: `jogakbo duplicates list`" in result.output


def test_where_splink_is_not_installed_the_remedy_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("shared.duplicates.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "splink", None)
    result = run("find")
    assert result.exit_code == 1
    assert "uv sync --group duplicates" in result.output
