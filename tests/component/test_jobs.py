"""Jobs over moto: the People API makes them, run_jobs does them, and whatever breaks they go on or say why not."""

import json
from pathlib import Path
from typing import Any

import boto3
import pytest

from functions.run_jobs import handler as running
from functions.run_jobs.settings import doors
from shared.aws.dynamo import to_attributes
from shared.domain.jobs import MOST_FINDINGS, Job, advanced
from shared.domain.profiles import Profile
from shared.stores.freezes import Freezes
from shared.stores.profile_store import ContentionError, ProfileStore
from shared.stores.tables import LEDGER, PROFILES
from tests.conftest import Deployment
from tests.jobs import Minutes, Operator, carry_on, messages, sliced
from tests.pipeline import items, kinesis_records, record_bytes, seed_source, track
from tests.way import Way

NOBODY = "01KAK3J8V2N5Q0T4W6Y8Z1B3D5"


@pytest.fixture
def way(aws: Deployment) -> Any:
    """Four people: u0 to u3."""
    made = Way(aws)
    made.collect(*(track(f"m{n}", userId=f"u{n}") for n in range(4)))
    made.drain()
    yield made
    made.close()


@pytest.fixture
def operator(aws: Deployment) -> Operator:
    return Operator(aws)


def spoil(aws: Deployment, profile: Profile) -> None:
    """Lose what the profile says of its events."""
    text = '{"consent":{},"events":{},"first_seen":"","last_seen":"","links":{},"seen":{},"traits":{}}'
    boto3.client("dynamodb").update_item(
        TableName=aws.table(PROFILES),
        Key=to_attributes({"pk": f"P#{profile.id}", "sk": "P"}),
        UpdateExpression="SET #state = :text",
        ExpressionAttributeNames={"#state": "state"},
        ExpressionAttributeValues={":text": {"S": text}},
    )


def person(way: Way, user: str) -> Profile:
    found = way.person("user_id", user)
    assert found
    return found


def total(profile: Profile) -> int:
    return profile.state.event_count


def freeze(operator: Operator, user: str, action: str = "freeze") -> dict[str, Any]:
    status, body = operator.ask("POST", f"/v1/profiles/user_id:{user}/{action}")
    assert status == 200, body
    return body


def test_a_rebuild_of_everybody_mends_who_is_spoiled_and_leaves_the_others(
    aws: Deployment, way: Way, operator: Operator
) -> None:
    before = {u: person(way, u) for u in ("u0", "u1", "u2", "u3")}
    spoil(aws, before["u2"])
    job = operator.ran("rebuild", all=True)
    assert (job["state"], job["created_by"]) == ("done", "operations")
    assert job["counts"] == {"pages": 4, "people": 4, "same": 3, "written": 1}
    assert person(way, "u2").state == before["u2"].state
    assert person(way, "u1") == before["u1"]


def test_named_people_are_each_taken_once_however_often_they_are_named(
    aws: Deployment, way: Way, operator: Operator
) -> None:
    spoil(aws, person(way, "u1"))
    by_id = f"profile_id:{person(way, 'u1').id}"
    job = operator.ran("rebuild", profiles=["user_id:u1", by_id, "user_id:u3"])
    assert job["counts"] == {"people": 2, "same": 1, "written": 1}
    assert job["params"] == {"profiles": 2, "publish": False, "rate": 1000}
    assert operator.ask("POST", "/v1/jobs", {"kind": "rebuild", "profiles": ["user_id:no one"]})[0] == 404
    assert operator.ask("POST", "/v1/jobs", {"kind": "rebuild", "profiles": ["u1"]})[0] == 400


def test_whom_a_source_and_a_time_are_about_is_found_by_their_events(
    aws: Deployment, way: Way, operator: Operator
) -> None:
    seed_source(aws, "src_shop", "wk_shop")
    datas = [record_bytes(track(f"s-{user}", userId=user), source_id="src_shop") for user in ("u1", "u9")]
    way.store(kinesis_records(*datas, first=100))
    way.drain()
    assert operator.ran("rebuild", source="src_shop")["counts"]["people"] == 2
    assert operator.ran("rebuild", source="src_shop", to="2026-11-20")["counts"] == {"pages": 4}
    assert operator.ran("rebuild", **{"from": "2026-11-21"})["counts"]["people"] == 5
    for wrong in ({}, {"all": True, "source": "x"}, {"profiles": []}, {"from": "yesterday"}, {"all": True, "rate": 0}):
        assert operator.ask("POST", "/v1/jobs", {"kind": "rebuild", **wrong})[0] == 400


def test_a_rebuild_publishes_what_differs_or_nothing(aws: Deployment, way: Way, operator: Operator) -> None:
    way.collect(track("i1", type="identify", userId="u1", traits={"city": "Seoul"}))
    way.drain()
    way.facts()
    for publish, told in ((False, []), (True, [("Traits Changed", "rebuild")])):
        profile = person(way, "u1")
        _set_trait_fact(aws, profile)
        job = operator.ran("rebuild", profiles=["user_id:u1"], publish=publish)
        assert job["counts"]["written"] == 1
        way.publish(way.new_changes())
        facts = way.facts()
        assert [(fact["type"], fact["metadata"]["cause"]) for fact in facts] == told
        assert all(fact["metadata"]["correlation_id"] == job["id"] for fact in facts)


def _set_trait_fact(aws: Deployment, profile: Profile) -> None:
    """As if a trait had been folded and told with another value."""
    item = next(i for i in items(aws, PROFILES) if i["pk"] == f"P#{profile.id}")
    spoiled = {name: item[name].replace("Seoul", "Busan") for name in ("state",)}
    changes = json.loads(item["changes"])
    changes["trait:city"][0] = "another"
    boto3.client("dynamodb").put_item(
        TableName=aws.table(PROFILES), Item=to_attributes({**item, **spoiled, "changes": json.dumps(changes)})
    )


def test_who_is_frozen_is_skipped_and_named_and_taken_when_the_job_is_resumed(
    aws: Deployment, way: Way, operator: Operator
) -> None:
    frozen = freeze(operator, "u1")["profile_id"]
    spoil(aws, person(way, "u1"))
    job = operator.ran("rebuild", all=True)
    assert (job["state"], job["counts"]["skipped"], job["counts"]["people"]) == ("done", 1, 4)
    assert job["findings"] == [{"profile_id": frozen, "what": "frozen"}]
    freeze(operator, "u1", "unfreeze")
    assert operator.ask("POST", f"/v1/jobs/{job['id']}/resume")[0] == 202
    carry_on(aws)
    job = operator.job(job["id"])
    assert (job["state"], job["counts"]["skipped"], job["counts"]["written"]) == ("done", 0, 1)
    assert job["findings"] == []
    assert total(person(way, "u1")) == 1
    assert operator.ask("POST", f"/v1/jobs/{job['id']}/resume")[1]["code"] == "nothing_left"


def test_a_job_goes_on_in_a_new_message_when_time_is_up(aws: Deployment, way: Way, operator: Operator) -> None:
    job_id = operator.start("rebuild", all=True)
    assert carry_on(aws, Minutes(0)) == 3
    assert operator.job(job_id)["counts"] == {"pages": 4, "people": 4, "same": 4}


def test_a_message_that_comes_again_or_twice_at_once_takes_nobody_twice(
    aws: Deployment, way: Way, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = operator.start("rebuild", all=True)
    records = messages(aws)
    step = running.STEPS["rebuild"]

    def overtaken(*arguments: Any) -> Any:
        """While this worker works, the same message is delivered to another one, which is faster."""
        monkeypatch.setattr(running, "STEPS", {"rebuild": step})
        assert sliced(records) == []
        return step(*arguments)

    monkeypatch.setattr(running, "STEPS", {"rebuild": overtaken})
    assert sliced(records) == []
    assert sliced(records) == []
    assert messages(aws) == []
    assert operator.job(job_id)["counts"] == {"pages": 4, "people": 4, "same": 4}


def test_a_step_that_fails_is_tried_again_and_in_the_end_its_job_says_why_and_can_be_resumed(
    aws: Deployment, way: Way, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "_FIRST_DELAY_SECONDS", 0)
    step, tries = running.STEPS["rebuild"], []

    def broken(*arguments: Any) -> Any:
        tries.append(1)
        raise LookupError("mina@example.com")

    monkeypatch.setattr(running, "STEPS", {"rebuild": broken})
    job = operator.ran("rebuild", all=True)
    assert (job["state"], len(tries), job["tries"]) == ("failed", 5, 5)
    assert job["reason"].startswith("LookupError")
    assert "mina" not in str(items(aws, LEDGER))
    monkeypatch.setattr(running, "STEPS", {"rebuild": step})
    assert operator.ask("POST", f"/v1/jobs/{job['id']}/resume")[1]["state"] == "queued"
    carry_on(aws)
    job = operator.job(job["id"])
    assert (job["state"], job["reason"], job["tries"], job["counts"]["people"]) == ("done", "", 0, 4)


def test_a_cancelled_job_stops_at_once_even_in_the_hands_of_a_worker(
    aws: Deployment, way: Way, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = operator.start("rebuild", all=True)
    step = running.STEPS["rebuild"]

    def cancelled(*arguments: Any) -> Any:
        assert operator.ask("POST", f"/v1/jobs/{job_id}/cancel")[1]["state"] == "cancelled"
        return step(*arguments)

    monkeypatch.setattr(running, "STEPS", {"rebuild": cancelled})
    assert carry_on(aws) == 1
    assert operator.job(job_id)["state"] == "cancelled"
    assert operator.job(job_id)["counts"] == {}
    assert operator.ask("POST", f"/v1/jobs/{job_id}/cancel")[0] == 202
    monkeypatch.setattr(running, "STEPS", {"rebuild": step})
    operator.ask("POST", f"/v1/jobs/{job_id}/resume")
    carry_on(aws)
    assert operator.job(job_id)["counts"] == {"pages": 4, "people": 4, "same": 4}


def test_who_keeps_losing_races_is_skipped_and_holds_up_nobody(
    aws: Deployment, way: Way, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoil(aws, person(way, "u1"))
    monkeypatch.setattr(ProfileStore, "put", lambda *_: (_ for _ in ()).throw(ContentionError))
    job = operator.ran("rebuild", all=True)
    assert (job["state"], job["counts"]["skipped"], job["counts"]["same"]) == ("done", 1, 3)
    assert [finding["what"] for finding in job["findings"]] == ["contention"]


def test_jobs_are_listed_newest_first_page_by_page(operator: Operator) -> None:
    made = [operator.start("rebuild", all=True) for _ in range(3)]
    page = operator.get("/v1/jobs", limit="2")
    rest = operator.get("/v1/jobs", limit="2", cursor=page["next_cursor"])
    assert [job["id"] for job in (*page["jobs"], *rest["jobs"])] == sorted(made, reverse=True)
    assert rest["next_cursor"] is None
    assert operator.ask("GET", f"/v1/jobs/{NOBODY}")[0] == 404
    assert operator.ask("POST", f"/v1/jobs/{NOBODY}/cancel")[0] == 404


def test_findings_are_bounded() -> None:
    job = Job(NOBODY, "verify", "operations", "")
    for _ in range(3):
        job = advanced(job, {}, {"people": 50}, [{"n": n} for n in range(50)])
    assert len(job.findings) == MOST_FINDINGS
    assert job.counts == {"people": 150}


def test_freezing_is_recorded_once_holds_events_back_and_is_said_again(
    aws: Deployment, way: Way, operator: Operator
) -> None:
    way.facts()
    frozen = freeze(operator, "u1")
    assert frozen["frozen"] == "by operations"
    assert freeze(operator, "u1") == frozen
    way.collect(track("m9", userId="u1"))
    way.drain()
    assert total(person(way, "u1")) == 1
    thawed = freeze(operator, "u1", "unfreeze")
    assert (thawed["frozen"], thawed["version"]) == ("", frozen["version"] + 1)
    assert freeze(operator, "u1", "unfreeze") == thawed
    recorded = [i for i in items(aws, LEDGER) if i["pk"] == f"audit#profile#{frozen['profile_id']}"]
    assert [(i["action"], i["by"]) for i in recorded] == [("frozen", "operations"), ("unfrozen", "operations")]
    way.publish(way.new_changes())
    assert way.facts() == []


def test_freezing_loses_to_a_faster_writer_and_tries_again(
    aws: Deployment, way: Way, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    put, races = Freezes.put, []

    def raced(self: Freezes, *arguments: Any) -> None:
        if not races:
            races.append(1)
            way.collect(track("m9", userId="u1"))
            way.drain()
        put(self, *arguments)

    monkeypatch.setattr(Freezes, "put", raced)
    assert freeze(operator, "u1")["frozen"] == "by operations"
    assert total(person(way, "u1")) == 2


def test_who_is_in_the_hands_of_a_job_is_neither_frozen_nor_unfrozen(
    aws: Deployment, way: Way, operator: Operator
) -> None:
    key = to_attributes({"pk": f"P#{person(way, 'u1').id}", "sk": "P"})
    boto3.client("dynamodb").update_item(
        TableName=aws.table(PROFILES),
        Key=key,
        UpdateExpression="SET frozen = :job",
        ExpressionAttributeValues={":job": {"S": f"job {NOBODY}"}},
    )
    for action in ("freeze", "unfreeze"):
        status, body = operator.ask("POST", f"/v1/profiles/user_id:u1/{action}")
        assert (status, body["code"]) == (409, "frozen_by_job")


def test_scopes_say_who_may_look_and_who_may_do(aws: Deployment, way: Way) -> None:
    looks, does = Operator(aws, ("identities:read",)), Operator(aws, ("identities:write",))
    assert looks.ask("GET", "/v1/jobs")[0] == 200
    assert does.ask("GET", "/v1/jobs")[0] == 403
    assert looks.ask("POST", "/v1/jobs", {"kind": "rebuild", "all": True})[0] == 403
    assert looks.ask("POST", "/v1/profiles/user_id:u1/freeze")[0] == 403
    assert does.ask("POST", "/v1/profiles/user_id:u1/freeze")[0] == 200


def test_an_identifier_of_any_characters_is_found_in_a_path(aws: Deployment, way: Way, operator: Operator) -> None:
    way.collect(track("m9", userId="a/b?c d/freeze"))
    way.drain()
    assert operator.ask("POST", "/v1/profiles/user_id:a/b?c d/freeze/freeze")[0] == 200
    assert operator.ask("POST", "/v1/profiles/user_id:nobody/freeze")[0] == 404


def test_the_samples_are_taken(aws: Deployment, way: Way, operator: Operator) -> None:
    way.collect(track("m9", userId=None, type="identify", traits={"email": "mina@example.com"}, anonymousId="d1"))
    way.drain()
    sample = json.loads(Path("events/triggers/manage_people.json").read_text())
    assert operator.ask("POST", sample["rawPath"], json.loads(sample["body"]))[0] == 202
    records = json.loads(Path("events/triggers/run_jobs.json").read_text())["Records"]
    assert sliced(records) == []  # nobody knows this job
    assert sliced([{**records[0], "body": "{}"}]) == [records[0]["messageId"]]
    assert doors().jobs.find(NOBODY) is None
