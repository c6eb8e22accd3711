"""Thousands of events while everything misbehaves in turn: the ledger closes to the last one, by source and hour."""

import json
import random
from base64 import b64encode
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from cli.deployment import of_stack
from cli.failed import failed_batches, hand_over
from functions.collect_events import settings as collecting
from functions.collect_events.handler import handler as collect_events
from functions.publish_changes import settings as publishing
from functions.publish_changes.handler import handler as publish_changes
from functions.reconcile_counts.handler import handler as reconcile_counts
from functions.stitch_identities import settings as stitching
from functions.stitch_identities.handler import handler as stitch_identities
from functions.store_events import settings as storing
from functions.store_events import verdicts
from functions.store_events.handler import handler as store_events
from shared.aws import clients
from shared.contracts.records import Record as Put
from shared.contracts.records import decode
from shared.domain.events import Event
from shared.domain.identifiers import Identifier
from shared.domain.state import ProfileState, fold
from shared.domain.validation import validate
from shared.stores.count_store import CountStore
from shared.stores.event_store import to_event
from shared.stores.profile_store import ProfileStore
from shared.stores.reconciled_store import ReconciledStore
from shared.stores.suppression_store import open_suppressions
from shared.stores.tables import EVENTS, LEDGER, PROFILES, QUARANTINE, SUPPRESSIONS, Table
from tests.conftest import Deployment
from tests.erased import KEYS
from tests.pipeline import FIRST_SEQUENCE, SHARD, basic, items, request, seed_source
from tests.unreliable import BadWeather, Reader, Record
from tests.way import Killed

SOURCES = ("src_web", "src_app", "src_shop")
STAGES = ("collect", "store", "stitch", "publish")
PEOPLE = 120
ERASED = Identifier("user_id", "erased")
APART = 2**91
"""About as far apart as sequence numbers of Kinesis are."""

ARN = "arn:aws:{}:eu-west-1:123456789012:{}"


class InTurn:
    """Instead of a pool of threads: the same seed then is the same day."""

    def __init__(self, workers: int) -> None:
        pass

    def __enter__(self) -> "InTurn":
        return self

    def __exit__(self, *error: object) -> None:
        pass

    map = staticmethod(map)


class Clock(datetime):
    """Moves when a test moves it."""

    at = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)

    @classmethod
    def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
        return cls.at


def a_new_process() -> None:
    """What a warm process keeps is gone; clients stay, which are dear to make."""
    for doors in (collecting.doors, storing.doors, stitching.doors, publishing.settings):
        doors.cache_clear()


@dataclass(repr=False)
class Day:
    aws: Deployment
    seed: int
    events: int
    draw: random.Random = field(init=False)
    weather: BadWeather = field(init=False)
    facts: list[dict[str, Any]] = field(default_factory=list)
    poison: set[str] = field(default_factory=set)
    unreadable: set[str] = field(default_factory=set)
    acknowledged: Counter[str] = field(default_factory=Counter)
    is_mended: bool = False
    put: list[tuple[str, Put]] = field(default_factory=list)
    """Sequence number and content of every record that Kinesis took."""

    def __post_init__(self) -> None:
        self.draw = random.Random(self.seed)
        self.weather = BadWeather(random.Random(self.seed + 1))
        self._outbox: list[tuple[str, list[Any]]] = []
        self._queues: dict[str, list[tuple[str, int]]] = {"store": [], "stitch": []}
        self._places: dict[str, str] = {}
        self._worst = ""
        bucket = self.aws.bucket
        table = "dynamodb", "table/jogakbo-test-{}/stream/2026-11-21T00:00:00.000"
        self.readers = {
            "store": self._reader(store_events, bucket, ARN.format("kinesis", "stream/jogakbo-test-events")),
            "stitch": self._reader(stitch_identities, bucket, ARN.format(table[0], table[1].format("events"))),
            "publish": self._reader(publish_changes, bucket, ARN.format(table[0], table[1].format("profiles"))),
        }

    def _reader(self, handler: Any, bucket: str, arn: str) -> Reader:
        return Reader(handler, a_new_process, bucket, arn, self.draw, batch_size=120)

    # What comes in.

    def run(self) -> None:
        made = self._made()
        for turn, start in enumerate(range(0, len(made), 250)):
            self._worst = STAGES[turn % len(STAGES)]
            self._storm("collect")
            self._send(made[start : start + 250])
            self._turn()
            Clock.at += timedelta(minutes=self.draw.randint(1, 9))
        self._recover()

    def _storm(self, stage: str) -> None:
        """One stage after the other has the worst of it."""
        self.weather.share = 0.12 if stage == self._worst else 0.02

    def _made(self) -> list[dict[str, Any]]:
        """Good and bad events; some messageIds are used twice, some poison the functions until they are mended."""
        made: list[dict[str, Any]] = []
        for number in range(self.events):
            reused = made and self.draw.random() < 0.02
            made.append({**self.draw.choice(made), "event": "Another"} if reused else self._event(number))
        names = [event["messageId"] for event in made if event.get("messageId")]
        self.poison = set(self.draw.sample(names, len(names) // 400))
        self.unreadable = set(self.draw.sample(names, len(names) // 400))
        return made

    def _event(self, number: int) -> dict[str, Any]:
        person = int(PEOPLE * self.draw.random() ** 2)
        event: dict[str, Any] = {
            "type": "track",
            "event": self.draw.choice(("Order Completed", "Product Viewed", "Cart Viewed")),
            "userId": f"u{person}",
            "messageId": f"m{number}",
            "timestamp": f"2026-11-21T08:{number % 60:02d}:00.000Z",
        }
        luck = self.draw.random()
        if luck < 0.2:
            event["anonymousId"] = f"a{person}"
        elif luck < 0.3:
            event |= {"userId": None, "anonymousId": f"a{person}"}
        elif luck < 0.32:
            event["event"] = ""
        elif luck < 0.34:
            event |= {"userId": "null"}
        elif luck < 0.36:
            event |= {"userId": ERASED.value}
        return event

    def _send(self, made: Sequence[Any]) -> None:
        """As clients do: in batches, again until they hear a 200, and sometimes though they did."""
        place = 0
        while place < len(made):
            size = self.draw.randint(1, 50)
            self._outbox.append((self.draw.choice(SOURCES), list(made[place : place + size])))
            place += size
        again: list[tuple[str, list[Any]]] = []
        for source, batch in self._outbox:
            if not self._collected(source, batch):
                again.append((source, batch))
            elif self.draw.random() < 0.05:
                again.append((source, batch[: self.draw.randint(1, len(batch))]))
        self._outbox = again

    def _collected(self, source: str, batch: list[Any]) -> bool:
        asked = request({"batch": batch}, authorization=basic(f"wk_{source}"))
        try:
            status = collect_events(asked, None)["statusCode"]
        except Killed:
            a_new_process()
            return False
        if status == 200:
            self.acknowledged.update(event["messageId"] for event in batch if event["userId"] != ERASED.value)
        return bool(status == 200)

    # What is done with it.

    def _turn(self, calm: bool = False) -> None:
        self._storm("store")
        self.readers["store"].read(self._new_records(), calm)
        self._deliver("store", self.aws.store_retries_url, store_events, calm)
        self._storm("stitch")
        inserts = [record for record in self._new_changes(EVENTS) if record["eventName"] == "INSERT"]
        self.readers["stitch"].read(inserts, calm)
        self._deliver("stitch", self.aws.stitch_retries_url, stitch_identities, calm)
        self._storm("publish")
        changes = [r for r in self._new_changes(PROFILES) if r["dynamodb"]["Keys"]["sk"]["S"] == "P"]
        self.readers["publish"].read(changes, calm)

    def _recover(self) -> None:
        """The weather is fine, the bugs are mended, and what was given up is handed over again."""
        self.weather.calm = self.is_mended = True
        outputs = dict.fromkeys(
            ("CollectUrl", "ReadUrl", "BusName", "CatalogueTable", "LedgerTable", "EventsTable", "ProfilesTable"), ""
        )
        urls = {
            "StoreRetriesQueueUrl": self.aws.store_retries_url,
            "StitchRetriesQueueUrl": self.aws.stitch_retries_url,
        }
        deployed = of_stack(
            "test", {**outputs, **urls, "LogBucketName": self.aws.bucket, "LedgerTable": self.aws.table(LEDGER)}
        )
        while self._outbox:
            self._send([])
        for _ in range(3):
            self._turn(calm=True)
            assert hand_over(deployed, failed_batches(deployed, None, None))[1] == []
        self._turn(calm=True)
        assert failed_batches(deployed, None, None) == []
        assert self._queues == {"store": [], "stitch": []}

    def _new_records(self) -> list[Record]:
        kinesis = boto3.client("kinesis")
        place = (
            self._places.get("kinesis")
            or kinesis.get_shard_iterator(StreamName=self.aws.stream, ShardId=SHARD, ShardIteratorType="TRIM_HORIZON")[
                "ShardIterator"
            ]
        )
        got = kinesis.get_records(ShardIterator=place)
        self._places["kinesis"] = got["NextShardIterator"]
        fresh = []
        for record in got["Records"]:
            sequence = str(FIRST_SEQUENCE + len(self.put) * APART)
            self.put.append((sequence, decode(record["Data"])))
            arrived = {"sequenceNumber": sequence, "approximateArrivalTimestamp": Clock.at.timestamp()}
            data = {"data": b64encode(record["Data"]).decode()}
            fresh.append({"eventSource": "aws:kinesis", "eventID": f"{SHARD}:{sequence}", "kinesis": arrived | data})
        return fresh

    def _new_changes(self, table: Table) -> list[Record]:
        streams, found = boto3.client("dynamodbstreams"), list[Record]()
        place = self._places.get(table.name) or self._first_place(table)
        while True:
            got = streams.get_records(ShardIterator=place)
            place = got["NextShardIterator"]
            if not got["Records"]:
                self._places[table.name] = place
                return found
            found += [dict(record) for record in got["Records"]]

    def _first_place(self, table: Table) -> str:
        arn = boto3.client("dynamodb").describe_table(TableName=self.aws.table(table))["Table"]["LatestStreamArn"]
        streams = boto3.client("dynamodbstreams")
        shard = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
        asked = streams.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
        return asked["ShardIterator"]

    def _deliver(self, name: str, url: str, handler: Any, calm: bool) -> None:
        """Messages in any order, some late, some twice; what fails comes again, dead letters are moved back."""
        waiting = self._queues[name] + [(body, 0) for body in self._received(url)]
        self.draw.shuffle(waiting)
        for _ in range(20 if calm else 1):
            later = [message for message in waiting if not calm and self.draw.random() < 0.2]
            now = [message for message in waiting if message not in later]
            self._queues[name] = later + self._failed(now, handler)
            if not calm:
                twice = [message for message in now if self.draw.random() < 0.2]
                self._failed(twice, handler)
            waiting = self._queues[name] + [(body, 0) for body in self._received(url)]
            if not waiting:
                self._queues[name] = []
                return
        self._queues[name] = waiting

    def _failed(self, messages: Sequence[tuple[str, int]], handler: Any) -> list[tuple[str, int]]:
        failed: list[tuple[str, int]] = []
        for start in range(0, len(messages), 10):
            part = messages[start : start + 10]
            records = [{"eventSource": "aws:sqs", "messageId": str(n), "body": b} for n, (b, _) in enumerate(part)]
            try:
                answer = handler({"Records": records}, None)["batchItemFailures"]
            except (Exception, Killed):
                a_new_process()
                failed += part
                continue
            failed += [part[int(failure["itemIdentifier"])] for failure in answer]
        return [(body, tries + 1) for body, tries in failed]

    def _received(self, url: str) -> list[str]:
        sqs, bodies = boto3.client("sqs"), list[str]()
        while got := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            bodies += [message["Body"] for message in got]
            entries = [{"Id": str(n), "ReceiptHandle": m["ReceiptHandle"]} for n, m in enumerate(got)]
            sqs.delete_message_batch(QueueUrl=url, Entries=entries)  # type: ignore[arg-type]
        return bodies


@pytest.fixture
def day(aws: Deployment, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Day:
    """`request.param`: seed, and how many events."""
    seed, events = request.param
    for source in SOURCES:
        seed_source(aws, source, f"wk_{source}")
    open_suppressions(aws.table(SUPPRESSIONS), KEYS).put([ERASED], "2026-11-20T00:00:00.000Z", "r1")
    day = Day(aws, seed, events)
    _stop_the_clocks(monkeypatch)
    _put_between(day, monkeypatch)
    return day


def _stop_the_clocks(monkeypatch: pytest.MonkeyPatch) -> None:
    Clock.at = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)
    modules = "collect_events.collecting store_events.streaming store_events.retrying stitch_identities.people"
    for module in (*modules.split(), "reconcile_counts.handler"):
        monkeypatch.setattr(f"functions.{module}.datetime", Clock)
    monkeypatch.setattr("shared.people.rebuilding.datetime", Clock)
    monkeypatch.setattr("shared.aws.batching.time.sleep", lambda _: None)
    monkeypatch.setattr("functions.store_events.streaming._RETRY_DELAY_SECONDS", 0)
    for module in ("shared.aws.inserts", "functions.stitch_identities.people"):
        monkeypatch.setattr(f"{module}.ThreadPoolExecutor", InTurn)
    numbers = iter(range(10**9))
    monkeypatch.setattr("functions.stitch_identities.people._new_id", lambda: f"{next(numbers):026d}")


def _put_between(day: Day, monkeypatch: pytest.MonkeyPatch) -> None:
    """The weather before every client, the bus into a list, and the bugs into the functions."""
    make = clients._client

    def watched(service: str) -> Any:
        client = make(service)
        if service == "events":
            client = type("Bus", (), {"exceptions": client.exceptions, "put_events": staticmethod(put_events)})
        return day.weather.watch(client)

    def put_events(Entries: Sequence[Any]) -> Any:  # noqa: N803
        day.facts += [{"type": entry["DetailType"], **json.loads(entry["Detail"])} for entry in Entries]
        return {"Entries": [{"EventId": "1"} for _ in Entries]}

    def poisoned(element: Any, *rest: Any) -> Any:
        if not day.is_mended and isinstance(element, dict) and element.get("messageId") in day.poison:
            raise RuntimeError("a bug that only this event meets")
        return validate(element, *rest)

    def unreadable(item: Any) -> Event:
        if not day.is_mended and item["message_id"] in day.unreadable:
            raise ValueError("a bug that only this event meets")
        return to_event(item)

    watched.cache_clear = make.cache_clear  # type: ignore[attr-defined]
    monkeypatch.setattr(clients, "_client", watched)
    monkeypatch.setattr(verdicts, "validate", poisoned)
    monkeypatch.setattr("functions.stitch_identities.handler.to_event", unreadable)


def expected(day: Day) -> dict[tuple[str, str], Counter[str]]:
    """By source and hour: what must become of each event that Kinesis took. Of two with one messageId and different
    bodies the events table says which was first, and for any event, which record brought it."""
    first = {item["message_id"]: item for item in items(day.aws, EVENTS)}
    ends: dict[tuple[str, str], Counter[str]] = {}
    for sequence, put in day.put:
        counted = ends.setdefault((put.source_id, put.received_at[:13]), Counter())
        for index, element in enumerate(put.elements):
            counted["received"] += 1
            there = first.get(element.value["messageId"])
            if element.value["userId"] == ERASED.value:
                counted["suppressed"] += 1
            elif not element.value["event"] or there is None or there["name"] != element.value["event"]:
                counted["quarantined"] += 1
            else:
                counted["stored" if there["origin"] == f"{SHARD}:{sequence}:{index}" else "duplicate"] += 1
    return ends


def counted(day: Day) -> dict[tuple[str, str], Counter[str]]:
    ends: dict[tuple[str, str], Counter[str]] = {}
    for source in SOURCES:
        for hour, _, counts in CountStore(day.aws.table(LEDGER)).of_source(source, "2026", "2027"):
            assert (counts.totals.waiting, counts.totals.gap, counts.pending.spans) == (0, 0, ())
            names = ("received", "stored", "duplicate", "quarantined", "suppressed")
            ends.setdefault((source, hour), Counter()).update({n: getattr(counts.totals, n) for n in names})
    return ends


def check_erased(day: Day) -> None:
    """Of whom was erased nothing is anywhere."""
    assert not [
        item for table in (EVENTS, PROFILES, QUARANTINE) for item in items(day.aws, table) if ERASED.value in str(item)
    ]
    assert sum(ends["suppressed"] for ends in expected(day).values()) > day.events // 100


def check_acknowledged(day: Day) -> None:
    """Nothing acknowledged is lost: it is stored, or in quarantine with its bytes."""
    stored = {item["message_id"] for item in items(day.aws, EVENTS)}
    quarantined = items(day.aws, QUARANTINE)
    assert day.acknowledged.keys() <= stored | {item["message_id"] for item in quarantined}
    assert sum(ends["quarantined"] for ends in expected(day).values()) == len(quarantined)


def check_folded(day: Day) -> None:
    """Every profile is the fold of the events that its identifiers own, each once."""
    events = [to_event(item) for item in items(day.aws, EVENTS)]
    named = [event for event in events if event.identifiers]
    store = ProfileStore(day.aws.table(PROFILES))
    people = store.people_of({event.identifiers[0].hash for event in named})
    states: dict[str, ProfileState] = {}
    for event in named:
        owner = people.owner_of(event.identifiers[0].hash, event.time)
        assert owner is not None
        states[owner.id] = fold(states.get(owner.id, ProfileState()), event, ())
    live = {profile.id: profile for profile in people.profiles.values() if not profile.is_merged}
    assert {i: replace(profile.state, seen={}, links={}) for i, profile in live.items()} == states
    created = Counter(fact["metadata"]["id"] for fact in day.facts if fact["type"] == "Profile Created")
    said = {fact["data"]["profile_id"] for fact in day.facts if fact["type"] == "Profile Created"}
    assert live.keys() <= said
    assert len(created) == len(said)


def check_misbehaved(day: Day) -> None:
    """The day was as bad as it claims."""
    weather, readers = day.weather, day.readers.values()
    assert min(weather.kills, weather.throttles, weather.partial) > day.events // 500
    assert sum(reader.given_up for reader in readers) > 3
    assert sum(reader.repeated for reader in readers) > 3


def check_reconciled(day: Day) -> None:
    """The hourly check comes to the same."""
    Clock.at += timedelta(hours=1)
    hours = {put.received_at[:13] for _, put in day.put}
    found = {hour: reconcile_counts({"hour": hour}, None)["hours"][hour] for hour in hours}
    assert {str(of_source) for of_hour in found.values() for of_source in of_hour.values()} == {"{'gap': 0, 'open': 0}"}
    stored = [event for event in map(to_event, items(day.aws, EVENTS)) if event.identifiers]
    checked = [one for source in SOURCES for one in ReconciledStore(day.aws.table(LEDGER)).of_source(source, "", "~")]
    assert sum(one.found.folded for one in checked) == len(stored)


def check(day: Day) -> None:
    day.run()
    assert counted(day) == expected(day)
    check_acknowledged(day)
    check_erased(day)
    check_folded(day)
    check_reconciled(day)
    check_misbehaved(day)


@pytest.mark.parametrize("day", [(1, 2_000)], indirect=True)
def test_two_thousand_events_on_a_bad_day_all_end_once(day: Day) -> None:
    check(day)


@pytest.mark.slow
@pytest.mark.timeout(1_200)
@pytest.mark.parametrize("day", [(1, 10_000)], indirect=True)
def test_ten_thousand_events_on_a_bad_day_all_end_once(day: Day) -> None:
    check(day)
