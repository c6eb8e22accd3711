"""What stands in the way of a write for a while: another worker was faster, or DynamoDB is busy."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import ClientError

from shared.aws.batching import StillFailingError

_CONTENTION = frozenset({
    "ConditionalCheckFailed", "ConditionalCheckFailedException", "TransactionConflict", "TransactionConflictException",
    "TransactionInProgressException", "ProvisionedThroughputExceeded", "ProvisionedThroughputExceededException",
    "ThrottlingError", "ThrottlingException", "RequestLimitExceeded", "InternalServerError",
})  # fmt: skip


class ContentionError(Exception):
    """Another worker was faster, or DynamoDB is throttling: read again and try again."""


@contextmanager
def contention() -> Iterator[None]:
    """ContentionError instead of what another try may mend."""
    try:
        yield
    except StillFailingError as error:
        raise ContentionError from error
    except ClientError as error:
        if _is_contention(error):
            raise ContentionError from error
        raise


def _is_contention(error: ClientError) -> bool:
    reasons: Sequence[Mapping[str, Any]] = error.response.get("CancellationReasons", [])
    codes = {reason["Code"] for reason in reasons} - {"None"}
    return (codes or {error.response["Error"]["Code"]}) <= _CONTENTION
