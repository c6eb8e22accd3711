"""Glue for component tests: moto's needs a package of its own. It answers as AWS and the local cloud do."""

from typing import Any


class FakeGlue:
    """Tables' partitions by their values."""

    def __init__(self) -> None:
        self.partitions: dict[tuple[str, ...], str] = {}

    def get_table(self, DatabaseName: str, Name: str) -> dict[str, Any]:  # noqa: N803
        return {"Table": {"Name": Name, "StorageDescriptor": {"InputFormat": "symlinks", "Location": "s3://all"}}}

    def batch_create_partition(self, **request: Any) -> dict[str, Any]:
        errors = []
        for partition in request["PartitionInputList"]:
            values = tuple(partition["Values"])
            if values in self.partitions:
                errors.append({"PartitionValues": [*values], "ErrorDetail": {"ErrorCode": "AlreadyExistsException"}})
            else:
                self.partitions[values] = partition["StorageDescriptor"]["Location"]
        return {"Errors": errors}
