"""Messages of the imports queue: what S3 says of a file that was put there, and how far an import came."""

import json
from typing import Literal
from urllib.parse import unquote_plus

from shared.contracts.shape import Shape

PREFIX = "imports/"


class ImportFile(Shape):
    """An object as it was when it was put. `done`: its entries on the stream so far; above 0 there is progress kept."""

    v: Literal[1] = 1
    kind: Literal["import"] = "import"
    key: str
    etag: str
    done: int = 0

    @property
    def source_id(self) -> str:
        return self.key.removeprefix(PREFIX).partition("/")[0]

    @property
    def name(self) -> str:
        """The file's own, folders in it."""
        return self.key.removeprefix(PREFIX).partition("/")[2]


def files_of(body: str) -> list[ImportFile]:
    """The files of a message, S3's or ours; none where S3 only tries whether the queue is there.

    ValueError for anything else.
    """
    fields = json.loads(body)
    if "kind" in fields:
        return [ImportFile.model_validate(fields)]
    if fields.get("Event") == "s3:TestEvent":
        return []
    objects = (record["s3"]["object"] for record in fields["Records"])
    return [ImportFile(key=unquote_plus(one["key"]), etag=one["eTag"]) for one in objects]
