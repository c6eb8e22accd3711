"""S3 objects, whole, as streams, and from and to files."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from botocore.exceptions import ClientError

from shared.aws.clients import s3

_GONE = frozenset({"NoSuchKey", "PreconditionFailed"})


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
