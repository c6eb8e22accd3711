"""SQS: messages sent in batches, failed entries driven again."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from shared.aws.batching import chunks, drive
from shared.aws.clients import sqs

if TYPE_CHECKING:
    from types_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

_MOST = 10
_MOST_BYTES = 240_000
LONGEST_DELAY_SECONDS = 900


class Delayed(NamedTuple):
    """A message that nobody gets before so many seconds are over."""

    body: str
    seconds: int


def send_messages(queue_url: str, bodies: Sequence[str], delay_seconds: int = 0) -> None:
    """Send every body; StillFailingError where some could not be sent."""
    send_delayed(queue_url, (Delayed(body, delay_seconds) for body in bodies))


def is_empty(queue_url: str) -> bool:
    """Whether nothing is on it, in hand or delayed: right for what was so a minute ago."""
    known = sqs().get_queue_attributes(QueueUrl=queue_url, AttributeNames=["All"])["Attributes"]
    return not any(int(number) for name, number in known.items() if name.startswith("ApproximateNumberOfMessages"))


def send_delayed(queue_url: str, messages: Iterable[Delayed]) -> None:
    """Send every message, each with a delay of its own; StillFailingError where some could not be sent."""
    for chunk in chunks(messages, _MOST, size=lambda one: len(one.body.encode()), bytes_most=_MOST_BYTES):
        drive("send_message_batch", chunk, lambda left: _send(queue_url, left))


def _send(queue_url: str, messages: Sequence[Delayed]) -> tuple[list[Delayed], list[str]]:
    entries: list[SendMessageBatchRequestEntryTypeDef] = [
        {"Id": str(place), "MessageBody": one.body, "DelaySeconds": one.seconds} for place, one in enumerate(messages)
    ]
    failed = sqs().send_message_batch(QueueUrl=queue_url, Entries=entries).get("Failed", [])
    return [messages[int(entry["Id"])] for entry in failed], [entry["Code"] for entry in failed]
