"""Glue: partitions of a table, added once."""

from collections.abc import Sequence

from shared.aws.batching import StillFailingError
from shared.aws.clients import glue

_THERE_ALREADY = "AlreadyExistsException"


def create_partition(database: str, table: str, values: Sequence[str], location: str) -> None:
    """Add a partition in the format of its table; nothing changes where it is there already."""
    described = glue().get_table(DatabaseName=database, Name=table)["Table"]["StorageDescriptor"]
    answer = glue().batch_create_partition(
        DatabaseName=database,
        TableName=table,
        PartitionInputList=[{"Values": [*values], "StorageDescriptor": {**described, "Location": location}}],
    )
    codes = [error["ErrorDetail"]["ErrorCode"] for error in answer.get("Errors", [])]
    if failed := [code for code in codes if code != _THERE_ALREADY]:
        raise StillFailingError("batch_create_partition", len(failed), failed)
