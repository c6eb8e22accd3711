"""import_files: puts the rows of files in the bucket on the stream, in as many runs as they take."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from functions.import_files.importing import Import
from functions.import_files.settings import doors
from shared.aws.failures import discreet
from shared.aws.observability import count, flush_metrics, logger
from shared.contracts.imports import files_of

_STOP_MILLISECONDS = 120_000
"""What is left for keeping the progress: half a gigabyte of it, at the worst."""


class Context(Protocol):
    def get_remaining_time_in_millis(self) -> int: ...


@discreet
def handler(event: Mapping[str, Any], context: Context) -> dict[str, list[dict[str, str]]]:
    """Messages of the imports queue. Those that come again are named."""
    records: Sequence[Mapping[str, Any]] = event["Records"]
    try:
        failed = [record["messageId"] for record in records if not _take(record, context)]
        return {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in failed]}
    finally:
        flush_metrics()


def _take(record: Mapping[str, Any], context: Context) -> bool:
    def is_out_of_time() -> bool:
        return context.get_remaining_time_in_millis() < _STOP_MILLISECONDS

    try:
        for file in files_of(record["body"]):
            Import(doors(), file, record["messageId"], is_out_of_time).run()
    except Exception as error:  # this message comes again, and in the end to the dead letters; the queue goes on
        count("ImportsFailed")
        logger().error("import failed", extra={"id": record["messageId"], "error": type(error).__name__}, exc_info=True)
        return False
    return True
