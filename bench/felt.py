"""What somebody feels who is entered by an event: from the call to the 200, to the profile, to the webhook.

`python -m bench.felt [events]` brings up a local cloud of its own, sends it one event after the other, each of somebody
new whom it makes a member, and takes it down again. The profile is asked for in a second round: that costs the machine.
"""

import json
import os
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles

import httpx

from bench.saying import say
from cli.api import Api
from local.cloud import down, up
from local.demo.receiver import Receiver
from local.outputs import Outputs
from local.places import Places

EVENT = "Order Completed"
WARM = 20
"""Events before any counts: functions start, and read what is declared."""

PATIENCE = 60.0
PAUSE, SPREAD = 0.2, 0.4
"""Seconds between events, and how much longer some are: what polls in steps is met at each of its moments."""

_UNEVEN = 0.6180339887


@dataclass
class Clocked(Receiver):
    """Knows when it heard of whom."""

    heard: dict[str, float] = field(default_factory=dict)

    def take(self, headers: dict[str, str], body: bytes) -> bool:
        at = time.perf_counter()
        is_sound, said = super().take(headers, body), json.loads(body)
        if is_sound and said["type"] == "segment.entered":
            self.heard[said["data"]["identifiers"]["user_id"][0]] = at
        return is_sound


@dataclass(frozen=True)
class Way:
    outputs: Outputs
    receiver: Clocked
    client: httpx.Client

    def send(self, user_id: str) -> tuple[float, float]:
        """When it was sent, and seconds until the 200."""
        body = {"userId": user_id, "event": EVENT, "messageId": user_id}
        at = time.perf_counter()
        url, auth = f"{self.outputs.collect_url}/v1/track", (self.outputs.write_key, "")
        self.client.post(url, auth=auth, json=body).raise_for_status()
        return at, time.perf_counter() - at

    def told(self, user_id: str, at: float) -> float:
        _until(lambda: user_id in self.receiver.heard)
        return self.receiver.heard[user_id] - at

    def read(self, user_id: str, at: float) -> float:
        url = f"{self.outputs.api_url}/v1/profiles/user_id:{user_id}"
        headers = {"Authorization": f"Bearer {self.outputs.api_token}"}
        _until(lambda: self.client.get(url, headers=headers).status_code == 200)
        return time.perf_counter() - at


def main() -> None:
    events = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    with tempfile.TemporaryDirectory() as folder:
        places, receiver = Places(Path(folder)), Clocked()
        try:
            outputs = up(places)
            declare(Api(outputs.api_url, outputs.api_token), receiver)
            with httpx.Client(timeout=30) as client:
                measure(Way(outputs, receiver, client), events)
        finally:
            receiver.close()
            down(places)


def declare(api: Api, receiver: Receiver) -> None:
    api.put("/v1/segments/buyers", {"name": "Buyers", "where": {"event": EVENT}, "state": "live"})
    told = {"detail_types": ["Segment Entered"], "identifiers": ["user_id"]}
    made = api.put("/v1/destinations/felt", {"name": "Felt", "url": receiver.url, **told})
    receiver.secret = made["secret"]


def measure(way: Way, events: int) -> None:
    for number in range(WARM):
        _one(way, number, is_read=True)
    before = os.getloadavg()[0]
    found = [_one(way, number, is_read=False) for number in range(events)]
    read = [_one(way, number, is_read=True)[2] for number in range(events)]
    load = f"load {before:.1f} at the beginning, {os.getloadavg()[0]:.1f} at the end"
    lines = [f"{events} events one after the other, and so many of which the profile is read; {load}"]
    lines += ["| milliseconds to | p50 | p90 | p99 | most |", "|---|---|---|---|---|"]
    lines.append(_row("the 200", [one[0] for one in found]))
    lines.append(_row("the profile, by the Read API", read))
    lines.append(_row("`Segment Entered` at the webhook", [one[1] for one in found]))
    say("\n".join(lines))


def _row(stage: str, taken: Sequence[float]) -> str:
    cuts = quantiles(taken, n=100, method="inclusive")
    told = (f"{seconds * 1000:,.0f}" for seconds in (cuts[49], cuts[89], cuts[98], max(taken)))
    return f"| {stage} | {' | '.join(told)} |"


def _one(way: Way, number: int, *, is_read: bool) -> tuple[float, float, float]:
    """Seconds to the 200, to the webhook, to the profile where that is asked for."""
    user_id = uuid.uuid4().hex
    at, accepted = way.send(user_id)
    read = way.read(user_id, at) if is_read else 0.0
    told = way.told(user_id, at)
    time.sleep(PAUSE + number * _UNEVEN % SPREAD)
    return accepted, told, read


def _until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > end:
            raise TimeoutError(f"nothing came within {PATIENCE:.0f} seconds")
        time.sleep(0.005)


if __name__ == "__main__":
    main()
