"""How long one event takes to each stage, measured from outside with a few events of its own."""

import statistics
import time
import uuid
from collections.abc import Callable

import httpx

from local.demo.receiver import Receiver
from local.outputs import Outputs

PROBES = 5
PATIENCE_SECONDS = 15.0
STAGES = ("accepted (200)", "on the profile (Read API)", "at the webhook (signed)")


def measure(outputs: Outputs, receiver: Receiver) -> dict[str, float | None]:
    """Median milliseconds from the call to each stage; None for a stage that no probe reached."""
    with httpx.Client(timeout=10) as client:
        taken = [_one(client, outputs, receiver, uuid.uuid4().hex) for _ in range(PROBES)]
    return {stage: _median([one[stage] for one in taken]) for stage in STAGES}


def _one(client: httpx.Client, outputs: Outputs, receiver: Receiver, user_id: str) -> dict[str, float | None]:
    started = time.perf_counter()
    answer = client.post(
        f"{outputs.collect_url}/v1/track",
        auth=(outputs.write_key, ""),
        json={
            "userId": user_id,
            "event": "Order Completed",
            "messageId": user_id,
            "context": {
                "campaign": {"source": "paid_search"},
                "consent": {"categoryPreferences": {"Advertising": True}},
                "demo": {"added": ["everything"]},
            },
        },
    )
    answer.raise_for_status()
    accepted = time.perf_counter() - started
    profile = f"{outputs.api_url}/v1/profiles/user_id:{user_id}"
    headers = {"Authorization": f"Bearer {outputs.api_token}"}
    read = _until(started, lambda: client.get(profile, headers=headers).status_code == 200)
    told = _until(started, lambda: _has_entered(receiver, user_id))
    return dict(zip(STAGES, (accepted * 1000, read, told), strict=True))


def _has_entered(receiver: Receiver, user_id: str) -> bool:
    return any(
        message["type"] == "segment.entered" and message["data"].get("identifiers", {}).get("user_id") == [user_id]
        for message in receiver.messages[-50:]
    )


def _until(started: float, holds: Callable[[], bool]) -> float | None:
    while not holds():
        if time.perf_counter() - started > PATIENCE_SECONDS:
            return None
        time.sleep(0.005)
    return (time.perf_counter() - started) * 1000


def _median(values: list[float | None]) -> float | None:
    reached = [value for value in values if value is not None]
    return statistics.median(reached) if reached else None
