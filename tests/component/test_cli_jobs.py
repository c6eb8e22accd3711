"""Commands on people, over the real functions and moto."""

import boto3
import httpx
import pytest

from shared.aws.dynamo import to_attributes
from shared.stores.tables import PROFILES
from tests.conftest import Deployment
from tests.jobs import Operator, on_the_command_line, run
from tests.pipeline import items, track
from tests.way import Way


@pytest.fixture
def operator(aws: Deployment, monkeypatch: pytest.MonkeyPatch) -> Operator:
    """One person, u1, and an API whose jobs are done while the command waits."""
    way = Way(aws)
    way.collect(track(userId="u1"))
    way.drain()
    way.close()
    return on_the_command_line(aws, monkeypatch)


def test_a_rebuild_is_followed_to_its_end(operator: Operator) -> None:
    done = run("rebuild", "user_id:u1")
    assert done.exit_code == 0, done.output
    assert "done: 1 people, 1 same" in done.output
    listed = run("jobs", "list").output
    assert "rebuild   done       operations  1 people, 1 same" in listed
    shown = run("jobs", "show", listed.split()[0])
    assert '"state": "done"' in shown.output


def test_a_verify_that_finds_something_ends_with_1_and_names_it(operator: Operator) -> None:
    assert run("verify", "--all").exit_code == 0
    table = operator.aws.table(PROFILES)
    (item,) = [i for i in items(operator.aws, PROFILES) if i["sk"] == "P"]
    boto3.client("dynamodb").put_item(TableName=table, Item=to_attributes({**item, "was_split": True}))
    spoiled = run("verify", "user_id:u1")
    assert (spoiled.exit_code, "profile  was_split  differs" in spoiled.output) == (1, True)
    assert "1 written" in run("rebuild", "user_id:u1").output
    assert run("verify", "user_id:u1").exit_code == 0


def test_an_estimate_says_what_a_job_would_cost_and_starts_none(operator: Operator) -> None:
    for command in ("rebuild", "verify"):
        told = run(command, "user_id:u1", "--estimate", "--rate", "1")
        assert told.exit_code == 0, told.output
        assert told.output.startswith("1 people with 1 events\nat most about ")
        assert "read units" in told.output
        assert "1 seconds at this rate" in told.output
    assert run("verify", "--all", "--estimate").output.startswith("at most about 1 people with 1 events\n")
    assert run("jobs", "list").output == ""


def test_a_job_that_nobody_waits_for_can_be_cancelled_and_resumed(operator: Operator) -> None:
    started = run("rebuild", "--all", "--no-wait")
    job_id = started.output.split()[-1]
    assert "cancelled: nothing yet" in run("jobs", "cancel", job_id).output
    assert "done: 4 pages, 1 people, 1 same" in run("jobs", "resume", job_id).output


def test_freezing_asks_by_query_whom_it_means(operator: Operator) -> None:
    assert "is frozen by operations." in run("freeze", "user_id:u1").output
    skipped = run("rebuild", "user_id:u1")
    assert (skipped.exit_code, "frozen" in skipped.output) == (1, True)
    assert "isn't frozen." in run("unfreeze", "user_id:u1").output
    assert run("freeze", "user_id:nobody").exit_code == 1


@pytest.mark.parametrize("arguments", [(), ("user_id:u1", "--all"), ("--all", "--source", "web"), ("--from", "then")])
def test_whom_it_is_about_is_said_once(operator: Operator, arguments: tuple[str, ...]) -> None:
    assert run("rebuild", *arguments).exit_code == 2


def test_an_api_that_is_gone_is_said(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object, **__: object) -> httpx.Response:
        raise httpx.ConnectError("refused")

    monkeypatch.setattr(httpx, "request", gone)
    assert run("jobs", "list").exit_code == 1
