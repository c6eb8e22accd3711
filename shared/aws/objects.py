"""S3 objects: whole, as streams, from and to files, listed, and written on condition that nobody was faster."""

import shutil
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, cast

from botocore.exceptions import ClientError

from shared.aws.batching import StillFailingError, chunks
from shared.aws.clients import s3

_GONE = frozenset({"NoSuchKey", "PreconditionFailed"})
_OVERTAKEN = frozenset({"ConditionalRequestConflict", "NoSuchKey", "PreconditionFailed"})
_MOST_DELETED = 1_000
_AT_ONCE = 8


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


class Found(NamedTuple):
    body: bytes
    etag: str


def put_object(bucket: str, key: str, body: bytes, kms_key: str = "") -> None:
    """Write the object, under a KMS key of its own or the bucket's; writing the same again changes nothing."""
    if kms_key:
        encrypted: Any = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": kms_key, "BucketKeyEnabled": True}
        s3().put_object(Bucket=bucket, Key=key, Body=body, **encrypted)
    else:
        s3().put_object(Bucket=bucket, Key=key, Body=body)


def put_if(bucket: str, key: str, body: bytes, etag: str | None) -> bool:
    """Write the object if it still has this ETag, or is still absent (None); False where somebody was faster."""
    condition: Any = {"IfMatch": etag} if etag else {"IfNoneMatch": "*"}
    try:
        s3().put_object(Bucket=bucket, Key=key, Body=body, **condition)
    except ClientError as error:
        if error.response["Error"]["Code"] in _OVERTAKEN:
            return False
        raise
    return True


def get_object(bucket: str, key: str) -> bytes:
    """The object's bytes. Raises botocore's ClientError (NoSuchKey) where there is none."""
    return s3().get_object(Bucket=bucket, Key=key)["Body"].read()


def get_objects(bucket: str, keys: Iterable[str]) -> Iterator[bytes]:
    """The bytes of many objects in order, a few fetched at once: one after the other, most of the time is waiting."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for some in chunks(keys, _AT_ONCE):
            yield from pool.map(lambda key: get_object(bucket, key), some)


def find_object(bucket: str, key: str) -> Found | None:
    """The object with its ETag, or None where there is none."""
    try:
        answer = s3().get_object(Bucket=bucket, Key=key)
    except s3().exceptions.NoSuchKey:
        return None
    return Found(answer["Body"].read(), answer["ETag"])


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


def presigned(bucket: str, key: str, seconds: int) -> str:
    """An address from which anybody may fetch the object for so long, as a file to be kept and not to be shown."""
    name = key.rpartition("/")[2]
    asked = {"Bucket": bucket, "Key": key, "ResponseContentDisposition": f'attachment; filename="{name}"'}
    return s3().generate_presigned_url("get_object", Params=asked, ExpiresIn=seconds)


def put_file(bucket: str, key: str, path: Path) -> None:
    """Write the file as an object."""
    with path.open("rb") as file:
        s3().put_object(Bucket=bucket, Key=key, Body=file)
