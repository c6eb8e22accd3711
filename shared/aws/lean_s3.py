"""S3 for functions: bytes are put by a small client of ours; for all else botocore's is made, once it is asked for."""

import re
import threading
from base64 import b64encode
from binascii import crc32
from collections.abc import Callable
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from botocore.exceptions import ClientError

from shared.aws.role import domain, given_endpoint
from shared.aws.sending import Answer, Host, tried
from shared.aws.signing import Keys, Signer

_HEADERS = {
    "BucketKeyEnabled": "x-amz-server-side-encryption-bucket-key-enabled",
    "IfMatch": "if-match",
    "IfNoneMatch": "if-none-match",
    "SSEKMSKeyId": "x-amz-server-side-encryption-aws-kms-key-id",
    "ServerSideEncryption": "x-amz-server-side-encryption",
}


class LeanS3:
    """`make` makes botocore's client."""

    def __init__(self, region: str, keys: Keys, make: Callable[[], Any]) -> None:
        self._signer, self._make = Signer(keys, region, "s3"), make
        self._making, self._whole = threading.Lock(), None
        self._hosts: dict[str, Host] = {}

    def __getattr__(self, name: str) -> Any:
        with self._making:
            self._whole = self._whole or self._make()
        return getattr(self._whole, name)

    def put_object(self, *, Bucket: str, Key: str, Body: Any, **more: Any) -> dict[str, Any]:  # noqa: N803
        if not isinstance(Body, bytes):
            answered: dict[str, Any] = self.__getattr__("put_object")(Bucket=Bucket, Key=Key, Body=Body, **more)
            return answered
        host, path = self._place(Bucket, Key)
        headers = {_HEADERS[name]: "true" if value is True else value for name, value in more.items()}
        headers["host"] = host.name
        headers["x-amz-checksum-crc32"] = b64encode(crc32(Body).to_bytes(4, "big")).decode()
        headers["x-amz-content-sha256"] = sha256(Body).hexdigest()
        answer = tried(lambda: host.send("PUT", path, self._signer.signed("PUT", path, headers, Body), Body), _code)
        if answer.status == 200:
            return {"ETag": answer.headers.get("ETag", "")}
        code = _code(answer)
        raise ClientError({"Error": {"Code": code, "Message": code}}, "PutObject")

    def _place(self, bucket: str, key: str) -> tuple[Host, str]:
        """Below a name of the bucket's own, or by its path where names can't have it below them."""
        path, name = quote(f"/{key}", safe="/~"), f"s3.{domain(self._signer.region)}"
        given = given_endpoint("S3")
        url = given or f"https://{name if '.' in bucket else f'{bucket}.{name}'}"
        host = self._hosts.setdefault(url, Host(url))
        return host, f"/{bucket}{path}" if given or "." in bucket else path


def _code(answer: Answer) -> str:
    found = re.search(b"<Code>([^<]+)</Code>", answer.body)
    return found[1].decode() if found else str(answer.status)
