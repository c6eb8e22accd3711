"""`jogakbo ledger`: a table that adds up, and names what doesn't."""

from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cli import access, commands_ledger
from cli.main import app
from shared.domain.counting import CountedRecord
from shared.domain.outcomes import Tally
from shared.domain.reconciliation import Reconciliation
from shared.stores.count_store import CountStore
from shared.stores.reconciled_store import ReconciledHour, ReconciledStore
from shared.stores.tables import CATALOGUE, LEDGER
from tests.conftest import Deployment
from tests.pipeline import seed_source

NINE, TEN = "2026-11-21T09", "2026-11-21T10"
HEADER = "hour received stored duplicate quarantined folded open gap".split()


@pytest.fixture(autouse=True)
def outputs(aws: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    found = dict.fromkeys(("CollectUrl", "ReadUrl", "BusName", "StoreRetriesQueueUrl", "StitchRetriesQueueUrl"), "")
    found |= {
        "CatalogueTable": aws.table(CATALOGUE),
        "LedgerTable": aws.table(LEDGER),
        "LogBucketName": aws.bucket,
        "EventsTable": "",
        "ProfilesTable": "",
    }
    monkeypatch.setattr(access, "stack_outputs", lambda stage: found)
    monkeypatch.setattr(access.console, "width", 200)
    for source in ("src_app", "src_web"):
        seed_source(aws, source)


def ledger(*arguments: str) -> Result:
    return CliRunner().invoke(app, ("ledger", "--from", "2026-11-21T09", "--to", "2026-11-21T10:59", *arguments))


def cells(result: Result) -> list[list[str]]:
    return [line.split() for line in result.output.splitlines() if line.strip(" ─")]


def count(aws: Deployment, source: str, hour: str, shard: str, tally: Tally) -> None:
    CountStore(aws.table(LEDGER)).add(source, hour, shard, [CountedRecord(1, tally)])


def test_received_is_the_sum_of_the_endings_by_source_and_hour(aws: Deployment) -> None:
    count(aws, "src_web", NINE, "s1", Tally(5, 3, 1, 1))
    count(aws, "src_web", NINE, "s2", Tally(2, 2))
    count(aws, "src_app", TEN, "s1", Tally(1, 1))
    count(aws, "src_app", "2026-11-21T11", "s1", Tally(1, 1))
    found = Reconciliation(Tally(7, 5, 1, 1), folded=4, unfolded=1, named={"unfolded": ("m4",)})
    ReconciledStore(aws.table(LEDGER)).put("src_web", ReconciledHour(NINE, "2026-11-21T10:20:00.000Z", found))
    result = ledger()
    assert result.exit_code == 0, result.output
    assert cells(result) == [
        ["src_app"],
        HEADER,
        [TEN, "1", "1", "0", "0", "-", "-", "-"],
        ["all", "1", "1", "0", "0", "-", "-", "-"],
        ["src_web"],
        HEADER,
        [NINE, "7", "5", "1", "1", "4", "1", "0"],
        ["all", "7", "5", "1", "1", "4", "1", "0"],
        "2026-11-21T09 src_web unfolded: m4".split(),
    ]


def test_an_ending_is_shown_once_an_event_ended_so(aws: Deployment) -> None:
    count(aws, "src_web", NINE, "s1", Tally(3, 1, reduced=2))
    assert cells(ledger())[1] == "hour received stored duplicate quarantined reduced folded open gap".split()


def test_where_nothing_came_in_it_says_so() -> None:
    assert ledger().output == "Nothing came in.\n"


def test_one_source_can_be_asked_for(aws: Deployment) -> None:
    for source in ("src_web", "src_app"):
        count(aws, source, NINE, "s1", Tally(1, 1))
    assert [row[0] for row in cells(ledger("--source", "src_app"))] == ["src_app", "hour", NINE, "all"]


def test_an_hour_whose_counts_are_gone_is_shown_by_its_check(aws: Deployment) -> None:
    found = Reconciliation(Tally(), uncounted=3, named={"uncounted": ("m1", "m2", "m3")})
    ReconciledStore(aws.table(LEDGER)).put("src_web", ReconciledHour(NINE, "2026-11-21T10:20:00.000Z", found))
    result = ledger()
    assert [NINE, *["0"] * 6, "3"] in cells(result)
    assert "uncounted: m1, m2, m3" in result.output


def test_a_check_is_made_of_each_hour_before_it_is_shown(aws: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(commands_ledger, "check", lambda deployed, hour: asked.append(hour))
    assert ledger("--check").exit_code == 0
    assert asked == [NINE, TEN]


def test_a_range_the_wrong_way_round_is_refused() -> None:
    answer: Any = CliRunner().invoke(app, ("ledger", "--from", "2026-11-21", "--to", "2026-11-20"))
    assert answer.exit_code == 2
