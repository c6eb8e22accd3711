"""What time alone changes, on the local cloud: somebody enters a segment and leaves it while nothing is sent."""

from typing import Any

import pytest

from local.demo.receiver import Receiver
from local.outputs import Outputs
from shared.stores.keys import SWEEP
from tests.e2e.people import aws, eventually, fresh, has, profile, send, track
from tests.e2e.test_spine import consenting, webhook
from tests.segments import COOLING, STEEPED

__all__ = ["webhook"]
pytestmark = pytest.mark.e2e


def test_a_person_enters_a_segment_and_leaves_it_while_nothing_is_sent(cloud: Outputs, webhook: Receiver) -> None:
    user = fresh("user")
    send(cloud, {"batch": [track(user, "Called", f"{user}-1", context=consenting(True))]})
    has(cloud, f"user_id:{user}", Called=1)
    send(cloud, {"batch": [track(user, STEEPED, f"{user}-2")]})
    person = has(cloud, f"user_id:{user}", Tea_Steeped=1)

    def told() -> list[str]:
        of = (m for m in webhook.messages if m["data"]["profile_id"] == person["profile_id"])
        return [m["type"] for m in of if m["data"].get("segment") == COOLING.id]

    eventually(lambda: told() == ["segment.entered"], "Segment Entered at the webhook")
    eventually(lambda: told() == ["segment.entered", "segment.exited"], "Segment Exited at the webhook")
    after = profile(cloud, f"user_id:{user}")
    assert after is not None
    assert (after["segments"], after["events"]) == ([], person["events"])


def test_the_schedule_sweeps_what_is_due(cloud: Outputs) -> None:
    def swept() -> Any:
        key = {"pk": {"S": SWEEP}, "sk": {"S": SWEEP}}
        item = aws(cloud, "dynamodb").get_item(TableName=cloud.tables["ledger"], Key=key, ConsistentRead=True)
        return item.get("Item", {}).get("next_minute")

    eventually(swept, "a sweep, each 60 to 70 seconds", seconds=100)
