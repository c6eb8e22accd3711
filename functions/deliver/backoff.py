"""When a failed delivery is tried again: the schedule of Standard Webhooks as visibility time-outs of its message."""

from shared.aws.clients import sqs

MOST_RECEIVES = 10
"""The queue's redrive policy says the same: a message that failed so often goes to the dead-letter queue."""

_MINUTE, _HOUR = 60, 3600
_SCHEDULE = (5, 5 * _MINUTE, 30 * _MINUTE, 2 * _HOUR, 5 * _HOUR, 10 * _HOUR)
_JITTER = 0.2
_LONGEST_RETRY_AFTER = _HOUR
_LONGEST = 12 * _HOUR - 5 * _MINUTE  # SQS counts its 12 hours from the receipt


def delay(receives: int, jitter: float, retry_after: int | None = None) -> int:
    """Seconds to wait after the `receives`-th try. `jitter` is a random number from 0 to 1."""
    scheduled = _SCHEDULE[min(receives, len(_SCHEDULE)) - 1] * (1 - _JITTER + 2 * _JITTER * jitter)
    asked = min(retry_after or 0, _LONGEST_RETRY_AFTER)
    return min(round(max(scheduled, asked)), _LONGEST)


def hide(queue_url: str, receipt_handle: str, seconds: int) -> None:
    """Make the message visible again after `seconds`."""
    sqs().change_message_visibility(QueueUrl=queue_url, ReceiptHandle=receipt_handle, VisibilityTimeout=seconds)
