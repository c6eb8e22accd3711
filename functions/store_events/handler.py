"""store_events: takes what any producer put on the stream, and inserts each event once or keeps it in quarantine."""

from collections.abc import Mapping, Sequence
from typing import Any

from functions.store_events.settings import doors
from functions.store_events.streaming import take_batch
from shared.aws.failures import discreet
from shared.aws.observability import count, flush_metrics, logger

Response = dict[str, list[dict[str, str]]]


@discreet
def handler(event: Mapping[str, Any], context: object) -> Response:
    """A batch of Kinesis records or of messages of the retry queue. Says from where it must come again."""
    records: Sequence[Mapping[str, Any]] = event["Records"]
    try:
        if records[0]["eventSource"] == "aws:sqs":
            failed = [record["messageId"] for record in records if not _take_message(record)]
        else:
            failed = take_batch(doors(), records)
        return {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in failed]}
    finally:
        flush_metrics()


def _take_message(record: Mapping[str, Any]) -> bool:
    from functions.store_events.retrying import take_message  # brings pydantic, which no batch of the stream needs

    try:
        return take_message(doors(), record["body"])
    except Exception as error:  # this message comes again, and in the end to the dead letters; its neighbours go on
        count("RetriesFailed")
        logger().error("retry failed", extra={"id": record["messageId"], "error": type(error).__name__}, exc_info=True)
        return False
