"""Lets one SDK send to the cloud in every way at once: in good health, and through each fault of the proxy."""

import json
import subprocess
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

from cli.provision import add_source
from local import aws as local_aws
from local.outputs import Outputs
from shared.stores.catalogue_store import CatalogueStore
from tests.e2e.people import fresh
from tests.e2e.sdks.proxy import MADE_UP, SPOILED, SWALLOWED, Fault, Proxy, serving
from tests.e2e.sdks.sdks import Sdk

PATIENCE_SECONDS = 45.0
FAULTS: tuple[Fault, ...] = (*SPOILED, *MADE_UP, SWALLOWED)


@dataclass(frozen=True, slots=True)
class Run:
    """One client of the SDK behind its own proxy. Through a fault it sends `First`, and then `Second`."""

    proxy: Proxy
    user: str
    visitor: str
    errors: list[str]


@dataclass(frozen=True, slots=True)
class Sent:
    """What one SDK did, by fault; `cloud` is the deployment with a source of the SDK's own."""

    sdk: Sdk
    cloud: Outputs
    runs: dict[Fault, Run]


def own_source(cloud: Outputs, sdk: Sdk) -> Outputs:
    with local_aws.speaking_to(cloud.aws_endpoint_url):
        source_id, write_key = add_source(CatalogueStore(cloud.tables["catalogue"]), sdk.name)
    return replace(cloud, source_id=source_id, write_key=write_key)


def send(sdk: Sdk, cloud: Outputs) -> Sent:
    """AssertionError where the SDK fails, or what it should deliver doesn't come."""
    faults = (None, *FAULTS) if sdk.sends_again else (None, SWALLOWED)
    with ExitStack() as proxies:
        runs = {
            fault: Run(proxies.enter_context(serving(Proxy(cloud.collect_url, fault))), fresh("user"), fresh("v"), [])
            for fault in faults
        }
        orders = [_order(sdk, cloud, run, rounds(sdk, run, fault)) for fault, run in runs.items()]
        reports = _drive(sdk, orders, lambda: all(_arrived(sdk, fault, run) for fault, run in runs.items()))
    for run, report in zip(runs.values(), reports, strict=True):
        run.errors.extend(report)
    return Sent(sdk, cloud, runs)


def rounds(sdk: Sdk, run: Run, fault: Fault) -> list[list[dict[str, Any]]]:
    """The calls of a run, in the Node SDKs' words."""
    if fault is not None:
        return [[{"type": "track", "anonymousId": run.visitor, "event": name}] for name in ("First", "Second")]
    who = {"userId": run.user, "anonymousId": run.visitor}
    every: dict[str, dict[str, Any]] = {
        "identify": {**who, "traits": {"email": f"{run.user}@example.com", "plan": "pro"}},
        "track": {**who, "event": "Tea Bought", "properties": {"total": 12_000, "name": "조각보"}},
        "page": {**who, "name": "Home"},
        "screen": {**who, "name": "Basket"},
        "group": {**who, "groupId": "g-1", "traits": {"industry": "tea"}},
        "alias": {"userId": run.user, "previousId": f"{run.user}-before"},
    }
    return [[{"type": call, **every[call]} for call in sdk.calls]]


def _order(sdk: Sdk, cloud: Outputs, run: Run, calls: list[list[dict[str, Any]]]) -> dict[str, Any]:
    return {"host": run.proxy.url, "writeKey": cloud.write_key, "anonymousId": run.visitor, "rounds": calls}


def _arrived(sdk: Sdk, fault: Fault, run: Run) -> bool:
    """Whether the client was told that each event it should deliver is safe; of beacons nobody is told anything."""
    told = [a for a in run.proxy.attempts if a.accepted and (a.status == 200 or not sdk.sends_again)]
    names = {event.get("event", event["type"]) for attempt in told for event in attempt.events}
    if fault is None:
        return len(names) == len(sdk.calls)
    return names >= ({"Second"} if fault in SPOILED else {"First", "Second"})


def _drive(sdk: Sdk, orders: list[dict[str, Any]], arrived: Callable[[], bool]) -> list[list[str]]:
    """Runs the SDK in a process of its own until everything arrived; what each of its clients reported as lost."""
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(sdk.command(), env=sdk.environment(), text=True, **pipes) as process:
        assert process.stdin
        process.stdin.write(json.dumps(orders) + "\n")
        process.stdin.flush()
        end = time.monotonic() + PATIENCE_SECONDS
        while not arrived() and process.poll() in (None, 0) and time.monotonic() < end:
            time.sleep(0.05)
        try:
            output, log = process.communicate(timeout=PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            output, log = process.communicate()
    assert arrived(), f"{sdk.name} did not deliver everything: {output}{log}"
    assert process.returncode == 0, f"{sdk.name} broke off: {output}{log}"
    return json.loads(output)  # type: ignore[no-any-return]
