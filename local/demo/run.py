"""The demo from beginning to end: up, send, watch, tell."""

import logging
import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from segment.analytics.client import Client

from cli.api import Api
from local.cloud import up
from local.demo import probe, segments, summary
from local.demo.by_time import ByTime
from local.demo.clickstream import ADVERTISING, PERSONALISATION, Call, calls, rows, visitors
from local.demo.counters import DESTINATION, Counters
from local.demo.forgetting import DUTY, DUTY_ID, forget
from local.demo.receiver import Receiver
from local.outputs import Outputs
from local.places import Places
from local.progress import console, say, step
from shared.domain.facts import DetailType

PURPOSES: dict[str, dict[str, Any]] = {
    "advertising": {
        "name": {"en": "Offers by e-mail", "ko": "이메일 광고"},
        "channel": "email",
        "is_advertising": True,
        "signals": [ADVERTISING],
    },
    "personalisation": {
        "name": {"en": "Being called by name", "ko": "이름 사용"},
        "signals": [PERSONALISATION],
        "traits": ["name"],
    },
}
QUIET_SECONDS = 3.0
REPEATED = 200
"""So many of the last events are sent twice, as a client does that heard no answer."""


@dataclass
class Feed:
    """The clickstream on its way through the SDK, in a thread of its own."""

    outputs: Outputs
    calls: Sequence[Call]
    errors: list[str] = field(default_factory=list)
    finished_at: float | None = None

    def __post_init__(self) -> None:
        logging.getLogger("segment").setLevel(logging.ERROR)
        self._client = Client(
            self.outputs.write_key,
            host=self.outputs.collect_url,
            gzip=True,
            max_queue_size=200_000,
            on_error=self._failed,
        )
        self.queued = 0
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def accepted(self) -> int:
        """Events whose request has been answered with 200."""
        waiting: int = self._client.queue.unfinished_tasks
        return self.queued - waiting

    @property
    def is_finished(self) -> bool:
        return self.finished_at is not None

    def _run(self) -> None:
        for call in self.calls:
            getattr(self._client, call.method)(**call.arguments)
            self.queued += 1
        self._client.flush()
        self.finished_at = time.monotonic()

    def _failed(self, error: Exception, batch: Sequence[object]) -> None:
        self.errors.append(f"{len(batch)} events: {error}")


def main() -> None:
    """The whole demo, on the local cloud of this checkout."""
    places = Places.of_environment()
    console.rule("1. The local cloud")
    outputs = up(places)
    receiver = Receiver()
    try:
        api = Api(outputs.api_url, outputs.api_token)
        with step("Declare two purposes, five segments, and what a law has kept"):
            _declare(api, "/v1/purposes", PURPOSES)
            _declare(api, "/v1/segments", segments.declared())
            _declare(api, "/v1/retention-duties", {DUTY_ID: DUTY})
        with step("Add a webhook that needs one of the purposes"):
            receiver.secret = _add_destination(api, receiver.url)
        _run(outputs, places.outputs, receiver)
        _switch_off(api)
    finally:
        receiver.close()


def _declare(api: Api, path: str, wanted: Mapping[str, dict[str, Any]]) -> None:
    known = {one["id"] for one in api.pages(path, "items")}
    for item_id, item in wanted.items():
        if item_id not in known:
            api.put(f"{path}/{item_id}", item)


def _switch_off(api: Api) -> None:
    """Nobody listens at the demo's webhook any more, so whoever is erased by hand needn't wait for its answer."""
    path = f"/v1/destinations/{DESTINATION}"
    api.put(path, {**api.get(path), "state": "disabled"})


def _add_destination(api: Api, url: str) -> str:
    """The signing secret. An earlier demo's gives way: its receiver is gone."""
    if any(known["id"] == DESTINATION for known in api.pages("/v1/destinations", "items")):
        api.delete(f"/v1/destinations/{DESTINATION}")
    body = {
        "name": "Demo receiver",
        "url": url,
        "detail_types": get_args(DetailType),
        "purposes": ["advertising"],
        "identifiers": ["user_id"],
        "traits": ["name"],
    }
    secret: str = api.put(f"/v1/destinations/{DESTINATION}", body)["secret"]
    return secret


def _run(outputs: Outputs, file: Path, receiver: Receiver) -> None:
    clicks = rows()
    plan = with_repeats(list(calls(clicks, datetime.now(UTC))))
    console.rule("2. A shop's half year, through the unmodified segment-analytics-python")
    say(f"{len(plan) - REPEATED:,} events of {visitors(clicks):,} anonymous visitors; the last of them happens now.")
    say(f"The last {REPEATED} are sent twice, as by a client that heard no answer: they must count once.")
    counters = Counters(outputs)
    by_time = ByTime(outputs, receiver)
    by_time.send()
    started = time.monotonic()
    feed = Feed(outputs, plan)
    _watch(feed, counters, receiver)
    took = time.monotonic() - started
    if feed.errors:
        say(f"The SDK gave up on some events: {'; '.join(feed.errors[:3])}")
    console.rule("3. One event's way, stage by stage")
    stages = probe.measure(outputs, receiver)
    people = counters.people()
    summary.tell(outputs, people, counters, receiver, summary.Run(len(plan), visitors(clicks), took, stages))
    console.rule("5. Segments")
    segments.tell_sizes(outputs, file, counters)
    by_time.tell()
    console.rule("6. Somebody asks to be forgotten")
    forget(outputs, file, people, counters, receiver)
    console.rule("7. Your turn")
    summary.tell_next(outputs, people)


def with_repeats(plan: list[Call]) -> list[Call]:
    """The calls, the last of them twice under the same messageId."""
    last = [Call(c.method, {**c.arguments, "message_id": str(uuid.uuid4())}) for c in plan[-REPEATED:]]
    return [*plan[:-REPEATED], *last, *last]


def _watch(feed: Feed, counters: Counters, receiver: Receiver) -> None:
    """Bars that move until everything sent is stored, stitched and delivered."""
    total = len(feed.calls)
    columns = (TextColumn("{task.description:<26}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as bars:
        accepted, stored = (bars.add_task(name, total=total) for name in ("accepted by Collect", "stored or repeated"))
        stitched = bars.add_task("on people", total=total - REPEATED)
        delivered = bars.add_task("facts at the webhook", total=None)
        moved_at, before = time.monotonic(), -1
        while True:
            ledger, folded = counters.ledger(), counters.folded()
            ended = ledger.total() - ledger["received"]
            lag = feed.accepted - ledger["duplicate"] - ledger["suppressed"] - folded
            bars.update(accepted, completed=feed.accepted)
            bars.update(stored, completed=ended)
            bars.update(stitched, completed=folded, description=f"on people (lag {max(lag, 0):,})")
            bars.update(delivered, completed=len(receiver.ids))
            now = time.monotonic()
            if (progress := ended + folded + len(receiver.ids)) != before:
                moved_at, before = now, progress
            if feed.is_finished and now - moved_at > QUIET_SECONDS:
                return
            time.sleep(0.5)
