"""reevaluate_people over a clock that a test moves: its schedule fires each minute, its queue gives what is due."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from functions.reevaluate_people.handler import handler
from shared.aws.lean import LeanClient
from shared.domain.due_moments import minute_of
from shared.stores.sweep_progress import SweepProgress
from shared.stores.tables import LEDGER
from tests.conftest import Deployment

SCHEDULED = json.loads(Path("events/triggers/reevaluate_people.json").read_text())


@dataclass
class Clock:
    """`waiting` are messages of the queue, with when each may be had."""

    aws: Deployment
    now: datetime
    waiting: list[tuple[datetime, str]] = field(default_factory=list)

    def sweep(self, context: Any = None) -> dict[str, Any]:
        answer: dict[str, Any] = handler(SCHEDULED, context)
        return answer

    def take(self) -> list[str]:
        """The messages that may be had by now go to the function; the bodies of those that come again."""
        had = [message for message in self.waiting if message[0] <= self.now]
        self.waiting = [message for message in self.waiting if message[0] > self.now]
        failed = taken(*(body for _, body in had))
        self.waiting += [(self.now + timedelta(minutes=1), body) for body in failed]
        return failed

    def to(self, at: str) -> None:
        """All that is scheduled and due until then, in its order."""
        end, fires = datetime.fromisoformat(at).replace(tzinfo=UTC), self.now
        while fires <= end or any(due <= end for due, _ in self.waiting):
            due = min((due for due, _ in self.waiting), default=fires)
            if fires <= min(due, end):
                self.now, fires = max(self.now, fires), fires + timedelta(minutes=1)
                self.sweep()
            else:
                self.now = max(self.now, due)
                self.take()
        self.now = end

    def jump(self, at: str) -> None:
        """Nothing is due until then."""
        self.now = datetime.fromisoformat(at).replace(tzinfo=UTC)
        SweepProgress(self.aws.table(LEDGER)).end(minute_of(self.now))


def taken(*bodies: str) -> list[str]:
    """The bodies that come again, of messages that came once."""
    if not bodies:
        return []
    records = [{"messageId": str(n), "body": body, "eventSource": "aws:sqs"} for n, body in enumerate(bodies)]
    return [bodies[int(one["itemIdentifier"])] for one in handler({"Records": records}, None)["batchItemFailures"]]


@contextmanager
def clock(aws: Deployment, now: str) -> Iterator[Clock]:
    made = Clock(aws, datetime.fromisoformat(now).replace(tzinfo=UTC))
    real = LeanClient._make_api_call

    def call(self: LeanClient, operation: str, params: Any) -> Any:
        if operation != "SendMessageBatch" or params["QueueUrl"] != aws.reevaluations_url:
            return real(self, operation, params)
        for entry in params["Entries"]:
            assert 0 <= entry["DelaySeconds"] <= 900
            made.waiting.append((made.now + timedelta(seconds=entry["DelaySeconds"]), entry["MessageBody"]))
        return {"Successful": [{"Id": entry["Id"]} for entry in params["Entries"]]}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LeanClient, "_make_api_call", call)
        patch.setattr("functions.reevaluate_people.handler._now", lambda: made.now)
        yield made
