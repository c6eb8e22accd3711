"""S3 objects: whole, as streams, from and to files, and listed."""

import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from botocore.exceptions import ClientError

from shared.aws.batching import StillFailingError, chunks
from shared.aws.clients import s3

_GONE = frozenset({"NoSuchKey", "PreconditionFailed"})
_MOST_DELETED = 1_000


class Listed(NamedTuple):
    """An object as a listing shows it; `modified` is in epoch seconds."""

    key: str
    etag: str
    size: int
    modified: float


@dataclass(frozen=True, slots=True)
class Opened:
    """An object that is read as it comes. `metadata` is what its writer put beside it, names in lower case."""

    stream: BinaryIO
    metadata: Mapping[str, str]


def put_object(bucket: str, key: str, body: bytes) -> None:
    """Write the object; writing the same again changes nothing."""
    s3().put_object(Bucket=bucket, Key=key, Body=body)


def get_object(bucket: str, key: str) -> bytes:
    """The object's bytes. Raises botocore's ClientError (NoSuchKey) where there is none."""
    return s3().get_object(Bucket=bucket, Key=key)["Body"].read()


def open_object(bucket: str, key: str, etag: str) -> Opened | None:
    """The object as it was under this ETag; None where it is gone or was written anew."""
    try:
        answer = s3().get_object(Bucket=bucket, Key=key, IfMatch=f'"{etag}"')
    except ClientError as error:
        if error.response["Error"]["Code"] in _GONE:
            return None
        raise
    return Opened(cast(BinaryIO, answer["Body"]), answer["Metadata"])


def fetch_file(bucket: str, key: str, path: Path) -> None:
    """The object as a file. Raises botocore's ClientError (NoSuchKey) where there is none."""
    with path.open("wb") as file:
        shutil.copyfileobj(cast(BinaryIO, s3().get_object(Bucket=bucket, Key=key)["Body"]), file)


def put_file(bucket: str, key: str, path: Path) -> None:
    """Write the file as an object."""
    with path.open("rb") as file:
        s3().put_object(Bucket=bucket, Key=key, Body=file)


def list_objects(bucket: str, prefix: str, after: str = "") -> Iterator[Listed]:
    """Objects below a prefix in key order, page after page as the caller goes on; with `after` those behind it."""
    pages = s3().get_paginator("list_objects_v2")
    for page in pages.paginate(Bucket=bucket, Prefix=prefix, StartAfter=after):
        for entry in page.get("Contents", []):
            yield Listed(entry["Key"], entry["ETag"], entry["Size"], entry["LastModified"].timestamp())


def delete_objects(bucket: str, keys: Iterable[str]) -> None:
    """Delete them; those that aren't there are no error. StillFailingError where some could not be deleted."""
    for chunk in chunks(keys, _MOST_DELETED):
        answer = s3().delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key} for key in chunk], "Quiet": True})
        if failed := answer.get("Errors", []):
            raise StillFailingError("delete_objects", len(failed), (entry["Code"] for entry in failed))
