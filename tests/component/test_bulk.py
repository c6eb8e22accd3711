"""A segment that changes in bulk, by the real functions: from the job over one fact to files that pass the gate."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest

from functions.deliver import gathering, handler
from functions.run_jobs import backfill, everybody
from shared.aws.queues import Delayed
from shared.contracts.queues import Errand
from shared.domain.bulk import BULK
from shared.domain.destination_rules import LIST_NEEDS
from shared.domain.destinations import Destination, DestinationState, ListSettings
from shared.domain.identifiers import Identifier
from shared.domain.jobs import Job
from shared.domain.partners import pseudonym
from shared.domain.segments.definition import OfSegment, Segment
from shared.stores import kept_declarations
from shared.stores.audit_log import AuditLog
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.delivery_store import DeliveryStore
from shared.stores.flow_counts import FlowCounts
from shared.stores.job_store import JobStore
from shared.stores.suppression_store import open_suppressions
from shared.stores.tables import CATALOGUE, LEDGER, PROFILES, SUPPRESSIONS
from tests.component import test_deliver_partners
from tests.component.receiver import Receiver, receiving, status
from tests.component.test_backfill import BUYERS, bought, put
from tests.component.test_deliver import a_cold_function, destination
from tests.component.test_deliver_partners import Bus
from tests.conftest import BUCKET, Deployment
from tests.erased import KEYS
from tests.erasures import erased
from tests.jobs import Minutes, Operator, carry_on, messages, sliced
from tests.outlets import a_list, run, written
from tests.outlets import files as files_of
from tests.outlets import put as put_outlet
from tests.pipeline import track
from tests.way import Way

__all__ = ["a_cold_function"]
bus = test_deliver_partners.bus
BOTH = ("Segment Entered", "Segment Exited")
MAY: dict[str, Any] = {"purposes": ("Advertising",), "identifiers": ("email",), "traits": ("city",)}
BOUGHT = ("u1", "u2", "u3", "u4")
FANS = Segment("fans", "Who is among the buyers", OfSegment("buyers"), state="live")


@dataclass
class Scene:
    """u1 and u2 bought and granted, u3 bought and refused, u4 bought and granted, u5 granted and bought nothing."""

    aws: Deployment
    way: Way
    operator: Operator
    receiver: Receiver
    told: list[dict[str, Any]] = field(default_factory=list)

    def publish(self, **changed: Any) -> dict[str, Any]:
        """The job that makes the segment as it is; what it says on the bus is in `told`."""
        put(self.aws, replace(BUYERS, **changed))
        job = self.operator.ran("backfill", segment="buyers", publish=True)
        self.hear()
        return job

    def hear(self) -> None:
        self.way.publish(self.way.new_changes())
        self.told = [one for one in self.way.facts() if "segment" in one["data"]]

    def in_bulk(self) -> list[dict[str, Any]]:
        assert {one["type"] for one in self.told} <= {BULK}, "nobody is told of alone"
        return [one["data"] for one in self.told]

    def deliver(self, twice: bool = False) -> None:
        """What was said comes to deliver, and all that it sends itself after that."""
        for body in self.bodies():
            self.take("fact", body)
        while waiting := self.way.waiting(self.aws.deliveries_url):
            for body in list(dict.fromkeys(message["body"] for message in waiting)) * (1 + twice):
                self.take("own", body)

    def bodies(self) -> list[str]:
        said = [(one["type"], {"metadata": one["metadata"], "data": one["data"]}) for one in self.told]
        return [json.dumps({"source": "jogakbo", "detail-type": what, "detail": detail}) for what, detail in said]

    def take(self, message_id: str, body: str, receives: int = 1) -> None:
        assert not self.fails(message_id, body, receives)

    def fails(self, message_id: str, body: str, receives: int = 1) -> bool:
        record = {"messageId": message_id, "receiptHandle": "r", "body": body}
        record |= {"attributes": {"ApproximateReceiveCount": str(receives)}}  # type: ignore[dict-item]
        return bool(handler.handler({"Records": [record]}, None)["batchItemFailures"])

    def next_own(self) -> str:
        """The one message that deliver sent itself."""
        [waiting] = self.way.waiting(self.aws.deliveries_url)
        return str(waiting["body"])

    def id_of(self, user: str) -> str:
        found = self.way.person("user_id", user)
        assert found
        return found.id

    def lines(self, url: str) -> list[dict[str, Any]]:
        listed = json.loads(fetched(url))
        return [json.loads(line) for file in listed["files"] for line in gzip.decompress(fetched(file)).splitlines()]

    def posted(self, segment: str) -> dict[str, Any]:
        """What the webhook was sent of a segment, once."""
        bodies = [json.loads(one.body) for one in self.receiver.received]
        [found] = [body for body in bodies if body["data"]["segment"] == segment]
        return found

    def fact_id(self, segment: str) -> str:
        return str(next(one["metadata"]["id"] for one in self.told if one["data"]["segment"] == segment))

    def suppress(self, user: str) -> None:
        suppressions = open_suppressions(self.aws.table(SUPPRESSIONS), KEYS)
        suppressions.put([Identifier("user_id", user)], "2026-11-20T00:00:00.000Z", "r1")

    def freeze(self, profile_id: str, why: str) -> None:
        boto3.client("dynamodb").update_item(
            TableName=self.aws.table(PROFILES),
            Key={"pk": {"S": f"P#{profile_id}"}, "sk": {"S": "P"}},
            UpdateExpression="SET frozen = :why",
            ExpressionAttributeValues={":why": {"S": why}},
        )


def set_state(aws: Deployment, destination: Destination, state: DestinationState) -> Destination:
    """Deliver has heard of it."""
    handler.destinations.cache_clear()
    changed = replace(destination, state=state, version=destination.version + 1)
    CatalogueStore(aws.table(CATALOGUE)).put(changed)
    return changed


def fetched(url: str) -> bytes:
    key = urlsplit(url).path.split("/", 2)[2] if BUCKET not in urlsplit(url).netloc else urlsplit(url).path[1:]
    return boto3.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read()


def person(user: str, grants: bool, message_id: str = "i") -> dict[str, Any]:
    said = {"consent": {"categoryPreferences": {"Advertising": grants}}}
    traits = {"email": f"{user}@x.example", "city": "Seoul"}
    return track(f"{message_id}-{user}", type="identify", userId=user, traits=traits, context=said)


@pytest.fixture
def scene(aws: Deployment, monkeypatch: pytest.MonkeyPatch, a_cold_function: None) -> Iterator[Scene]:
    monkeypatch.setattr(backfill, "SETTLED", timedelta(0))
    monkeypatch.setattr(backfill, "_NAP", timedelta(0))
    monkeypatch.setattr(kept_declarations, "FRESH", 0.0)
    monkeypatch.setattr(gathering, "PEOPLE_A_PART", 3)
    monkeypatch.setenv("BULK_ABOVE", "3")
    way = Way(aws)
    people = [person(f"u{n}", grants=n != 3) for n in range(1, 6)]
    way.collect(*people, *(bought(f"b{n}", n) for n in range(1, 5)))
    way.drain()
    way.facts()
    with receiving() as receiver:
        yield Scene(aws, way, Operator(aws), receiver)
    way.close()


def test_above_the_threshold_one_fact_is_told_and_each_destination_gets_files_of_whom_it_may_know(
    scene: Scene, bus: Bus
) -> None:
    aws = scene.aws
    destination(aws, scene.receiver.url, detail_types=("Segment Entered",), **MAY)
    destination(aws, scene.receiver.url, "others", detail_types=("Traits Changed",))
    test_deliver_partners.partner(aws, name="acme", **MAY)
    with a_list() as outlet:
        of_buyers = {"s3_list": ListSettings("buyers"), "detail_types": LIST_NEEDS, "purposes": ("Advertising",)}
        put_outlet(aws, outlet, "ads", identifiers=("email",), **of_buyers)
    put(aws, FANS)
    job = scene.publish()
    known = {"version": 1, "entered": 4, "exited": 0, "job_id": job["id"], "since": job["created_at"]}
    assert scene.in_bulk() == [{**known, "segment": "buyers"}, {**known, "segment": "fans"}]
    assert {one.id for one in scene.way.everybody() if "buyers" in one.segments} == {*map(scene.id_of, BOUGHT)}
    scene.suppress("u4")
    scene.deliver(twice=True)

    may = {user: scene.id_of(user) for user in ("u1", "u2")}
    told = scene.posted("buyers")
    assert (told["type"], told["data"]["job_id"]) == ("segment.changed.in.bulk", job["id"])
    files = told["data"]["files"]
    lines = scene.lines(files["url"])
    assert (files["entered"], files["exited"], {one["type"] for one in lines}) == (2, 0, {"segment.entered"})
    versions = {one.id: one.changes["segment:buyers"].version for one in scene.way.everybody() if one.segments}
    about = {"segment": "buyers", "cause": "rebuild", "correlation_id": job["id"], "traits": {"city": "Seoul"}}
    assert sorted((one["data"] for one in lines), key=lambda data: data["identifiers"]["email"]) == [
        {**about, "profile_id": one, "sequence": versions[one], "identifiers": {"email": [f"{user}@x.example"]}}
        for user, one in may.items()
    ]
    ended = DeliveryStore(aws.table(LEDGER)).find("crm", scene.fact_id("buyers"))
    assert ended
    assert (ended.status, ended.profile_id, ended.code) == ("delivered", "", 200)
    assert ended.counts == {"entered": 2, "withheld:refused:Advertising": 1, "withheld:suppressed": 1}
    audited = {one.id.partition("#")[2] for one in AuditLog(aws.table(LEDGER)).newest(may.values())}
    assert audited >= {one["id"] for one in lines}
    flows = {(one.destination_id, one.flow.field): one.count for one in FlowCounts(aws.table(LEDGER)).all()}
    assert flows["crm", "identifiers.email"] == 4, "two people in two segments, however often a slice came"
    assert DeliveryStore(aws.table(LEDGER)).find("others", scene.fact_id("buyers")) is None

    [put_on_bus] = [one["data"] for one in bus.details if one["data"]["segment"] == "buyers"]
    assert (put_on_bus["entered"], "job_id" in put_on_bus) == (2, False)
    pseudonyms = {pseudonym(test_deliver_partners.KEY, one) for one in may.values()}
    of_partner = scene.lines(put_on_bus["url"])
    assert {one["detail"]["person"]["id"] for one in of_partner} == pseudonyms
    assert not [one for one in may.values() if one in json.dumps(of_partner)]
    assert len(written("ads")) == 2, "a list is written as ever"
    assert not [key for key in files_of("ads") if "/bulk/" in key], "with no links to files that aren't there"

    receipt = erased(aws, ("user_id", "u1"))
    assert (receipt["found"]["outbound_files"], receipt["left"]["outbound_files"]) == (5, 0)
    assert [one["data"]["profile_id"] for one in scene.lines(files["url"])] == [may["u2"]]
    assert len(scene.lines(put_on_bus["url"])) == 1


def test_a_job_that_is_cancelled_tells_of_whom_it_wrote_and_resumed_of_all_and_one_below_the_threshold_of_each(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(everybody, "MOST_AT_ONCE", 2)
    put(scene.aws, BUYERS)
    job_id = scene.operator.start("backfill", segment="buyers", publish=True)
    while scene.operator.job(job_id)["counts"].get("people", 0) < 2:
        sliced(messages(scene.aws), Minutes(0))
    scene.operator.ask("POST", f"/v1/jobs/{job_id}/cancel")
    carry_on(scene.aws)
    assert scene.operator.job(job_id)["state"] == "cancelled"
    scene.hear()
    [first] = [one["metadata"]["id"] for one in scene.told]
    assert [(one["entered"], one["exited"]) for one in scene.in_bulk()] == [(2, 0)]
    scene.operator.ask("POST", f"/v1/jobs/{job_id}/resume")
    carry_on(scene.aws)
    scene.hear()
    assert [(one["entered"], one["exited"]) for one in scene.in_bulk()] == [(4, 0)]
    assert first not in {one["metadata"]["id"] for one in scene.told}

    monkeypatch.setenv("BULK_ABOVE", "4")
    scene.publish(state="archived")
    assert [one["type"] for one in scene.told] == ["Segment Exited"] * 4


def test_files_that_are_told_of_late_are_gathered_anew_as_consent_is_then_and_tries_count_on(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    rate = {"facts_per_second": 100}
    destination(scene.aws, scene.receiver.url, detail_types=BOTH, purposes=("Advertising",), **rate)
    monkeypatch.setattr(handler, "hide", lambda *_: None)
    scene.publish()
    scene.take("fact", scene.bodies()[0])
    while "gathered" not in (body := scene.next_own()):
        scene.take("errand", body)
    scene.receiver.replies.append(status(500))
    assert scene.fails("told", body)
    scene.way.collect(person("u1", grants=False, message_id="late"))
    scene.way.drain()
    scene.take("soon", body.replace('"at": "20', '"at": "19'), receives=4)
    scene.receiver.received.clear()
    while "gathered" not in (body := scene.next_own()):
        scene.take("errand", body)
    assert json.loads(body)["tries"] == 3
    waited = json.dumps({**json.loads(body), "turn": 1.0, "rate": 100}).replace('"at": "20', '"at": "19')
    scene.receiver.replies.append(status(500))
    delayed: list[Delayed] = []
    with monkeypatch.context() as patch:
        patch.setattr(handler, "send_delayed", lambda _, some: delayed.extend(some))
        scene.take("far off", body)
    again = {**json.loads(delayed[0].body), "turn": datetime.now(UTC).timestamp() - 1}
    scene.receiver.received.clear()
    scene.take("again", json.dumps(again).replace('"at": "20', '"at": "19'))
    assert not scene.receiver.received, "a try that was far off is no turn in line"
    while "gathered" not in (body := scene.next_own()):
        scene.take("errand", body)
    assert json.loads(body)["tries"] == 4
    scene.take("told", body)
    files = scene.posted("buyers")["data"]["files"]
    assert {one["data"]["profile_id"] for one in scene.lines(files["url"])} == {scene.id_of("u2"), scene.id_of("u4")}
    ended = DeliveryStore(scene.aws.table(LEDGER)).find("crm", scene.fact_id("buyers"))
    assert ended
    assert (ended.status, ended.attempts) == ("delivered", 5)
    boto3.client("dynamodb").delete_item(
        TableName=scene.aws.table(LEDGER), Key={"pk": {"S": "D#crm"}, "sk": {"S": ended.fact_id}}
    )
    scene.take("its turn", waited)
    assert len(scene.receiver.received) == 2, "who has waited in line doesn't lose the turn"


def test_a_job_whose_first_slice_loses_to_its_cancellation_tells_of_whom_that_wrote_all_the_same(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(everybody, "MOST_AT_ONCE", 2)
    put(scene.aws, BUYERS)
    job_id = scene.operator.start("backfill", segment="buyers", publish=True)
    save, codes = JobStore.put, list[int]()

    def overtaken(store: JobStore, job: Job, now: datetime) -> Job:
        if job.counts.get("people") and not codes:
            codes.append(0)
            codes[0] = scene.operator.ask("POST", f"/v1/jobs/{job_id}/cancel")[0]
        return save(store, job, now)

    monkeypatch.setattr(JobStore, "put", overtaken)
    carry_on(scene.aws)
    scene.hear()
    assert (codes, scene.operator.job(job_id)["state"]) == ([202], "cancelled")
    assert sum("buyers" in one.segments for one in scene.way.everybody()) == 2
    assert [(one["entered"], one["exited"]) for one in scene.in_bulk()] == [(2, 0)]
    scene.operator.ask("POST", f"/v1/jobs/{job_id}/resume")
    carry_on(scene.aws)
    scene.hear()
    assert [(one["entered"], one["exited"]) for one in scene.in_bulk()] == [(4, 0)]


def test_who_is_held_comes_in_files_of_their_own_who_is_erased_meanwhile_in_none_and_a_pause_begins_anew(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws, bought = scene.aws, {user: scene.id_of(user) for user in BOUGHT}
    made = destination(aws, scene.receiver.url, detail_types=BOTH, state="paused", purposes=("Advertising",))
    scene.publish()
    [bulk_fact] = scene.bodies()
    scene.deliver()
    held = DeliveryStore(aws.table(LEDGER)).find("crm", scene.fact_id("buyers"))
    assert held
    assert (held.status, held.reason) == ("held", "paused")
    scene.freeze(bought["u2"], "by hand")
    put_object = gathering.put_object

    def erased_meanwhile(*arguments: Any) -> None:
        scene.suppress("u4")
        put_object(*arguments)

    monkeypatch.setattr(gathering, "put_object", erased_meanwhile)
    later: list[Errand] = []
    monkeypatch.setattr(handler, "_send_errand", lambda errand, seconds: later.append(errand))
    stands = set_state(aws, made, "live")
    run(Errand(errand="release", destination_id="crm"))
    scene.told = []
    scene.deliver()
    gathering_now = DeliveryStore(aws.table(LEDGER)).find("crm", held.fact_id)
    assert gathering_now
    assert (gathering_now.status, gathering_now.reason, len(later)) == ("held", "gathering", 1)
    scene.take("again", bulk_fact)
    assert len(later) == 1, "a repeat leaves alone what is on its way"
    scene.take("cut off", bulk_fact, receives=2)
    assert later.pop() == later[0], "one whose errand may not have been sent begins once more"
    while later and not later[0].until:
        run(later.pop(0))
    scene.deliver()
    assert [one["data"]["profile_id"] for one in scene.lines(scene.posted("buyers")["data"]["files"]["url"])] == [
        bought["u1"]
    ]
    ended = DeliveryStore(aws.table(LEDGER)).find("crm", held.fact_id)
    assert ended
    assert ended.counts == {
        "entered": 1, "held:behind": 1, "withheld:refused:Advertising": 1, "withheld:suppressed": 1,
    }  # fmt: skip
    [waiting] = later
    run(waiting)
    assert later.pop(0) == later.pop(0), "it isn't time yet"
    scene.freeze(bought["u2"], "")
    stands = set_state(aws, stands, "paused")
    due = waiting.model_copy(update={"until": ""})
    run(due)
    scene.deliver()
    assert later.pop() == due, "a later turn waits for the end of a pause: its fact has ended"
    stands = set_state(aws, stands, "live")
    run(due)
    stands = set_state(aws, stands, "paused")
    scene.deliver()
    [due] = later
    later.clear()
    set_state(aws, stands, "live")
    assert len(scene.receiver.received) == 1
    run(due)
    scene.deliver()
    second = json.loads(scene.receiver.received[-1].body)["data"]["files"]
    assert [one["data"]["profile_id"] for one in scene.lines(second["url"])] == [bought["u2"]]
    assert (len(scene.receiver.received), later) == (2, [])
    ended = DeliveryStore(aws.table(LEDGER)).find("crm", f"{held.fact_id}-1")
    assert ended
    assert (ended.status, ended.counts) == ("delivered", {"entered": 1})

    run(Errand(errand="redeliver", destination_id="crm", fact_id=held.fact_id, name="once more"))
    scene.deliver()
    while later:
        run(later.pop())
    scene.deliver()
    third = json.loads(scene.receiver.received[-1].body)["data"]["files"]
    assert {one["data"]["profile_id"] for one in scene.lines(third["url"])} == {bought["u1"], bought["u2"]}
    assert (len(scene.receiver.received), later) == (3, [])
