"""A small client of the services that speak JSON, for functions: botocore takes longer to start than all of ours.

It takes and answers maps as botocore does, and raises its errors.
"""

import json
import os
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from shared.aws.role import domain, given_endpoint
from shared.aws.sending import Answer, Host, tried
from shared.aws.signing import Keys, Signer


class Spoken(NamedTuple):
    """How a service is spoken to: the beginning of X-Amz-Target, JSON's version, its name in AWS_ENDPOINT_URL_…"""

    target: str
    version: str
    known_as: str


SERVICES = {
    "dynamodb": Spoken("DynamoDB_20120810", "1.0", "DYNAMODB"),
    "events": Spoken("AWSEvents", "1.1", "EVENTBRIDGE"),
    "kinesis": Spoken("Kinesis_20131202", "1.1", "KINESIS"),
    "secretsmanager": Spoken("secretsmanager", "1.1", "SECRETS_MANAGER"),
    "sqs": Spoken("AmazonSQS", "1.0", "SQS"),
}
_ONCE = frozenset({"CreateSecret", "PutSecretValue", "TransactWriteItems"})
"""What AWS carries out once for a token, however often a request comes."""


class Errors:
    """A kind of botocore's ClientError for each code."""

    def __init__(self) -> None:
        self.ClientError = ClientError
        self._kinds: dict[str, type[ClientError]] = {}

    def from_code(self, code: str) -> type[ClientError]:
        return self._kinds.setdefault(code, type(code, (ClientError,), {"__module__": __name__}))

    __getattr__ = from_code


_errors = Errors()


class Meta(NamedTuple):
    region_name: str


class LeanClient:
    """`client.put_item(TableName=…)` and any other operation. Safe in threads."""

    def __init__(self, service: str, region: str, keys: Keys) -> None:
        spoken = SERVICES[service]
        self.meta, self.exceptions = Meta(region), _errors
        self._signer, self._target = Signer(keys, region, service), spoken.target
        self._host = Host(given_endpoint(spoken.known_as) or f"https://{service}.{domain(region)}")
        self._headers = {"content-type": f"application/x-amz-json-{spoken.version}", "host": self._host.name}
        if service == "sqs":
            self._headers["x-amzn-query-mode"] = "true"  # its codes are those of the time when it spoke XML

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_"):
            raise AttributeError(name)
        operation = name.title().replace("_", "")
        return lambda **asked: self._make_api_call(operation, asked)

    def _make_api_call(self, operation: str, asked: Mapping[str, Any]) -> Any:
        """Every call, by the name that it has in botocore."""
        if operation in _ONCE:
            asked = {"ClientRequestToken": os.urandom(16).hex(), **asked}
        body = json.dumps(asked, separators=(",", ":"), default=_text).encode()
        headers = {**self._headers, "x-amz-target": f"{self._target}.{operation}"}
        answer = tried(
            lambda: self._host.send("POST", "/", self._signer.signed("POST", "/", headers, body), body), _code
        )
        if answer.status == 200:
            return _said(answer.body)
        code, said = _code(answer), _told(answer)
        said["Error"] = {"Code": code, "Message": said.get("message", said.get("Message", ""))}
        raise self.exceptions.from_code(code)(said, operation)


def _text(data: bytes) -> str:
    return b64encode(data).decode()


def _said(body: bytes) -> Any:
    told = any(name in body for name in (b'"B"', b'"BS"', b'"CreatedDate"', b"null"))
    return json.loads(body or b"{}", object_hook=_as_botocore if told else None)


def _as_botocore(found: dict[str, Any]) -> dict[str, Any]:
    """Bytes of binary attribute values, and when a secret was made: an attribute of that name has a map under it. What
    is null is absent.
    """
    if isinstance(found.get("B"), str):
        return {"B": b64decode(found["B"])}
    if isinstance(found.get("BS"), list):
        return {"BS": [b64decode(one) for one in found["BS"]]}
    if None in found.values():
        found = {name: value for name, value in found.items() if value is not None}
    if isinstance(at := found.get("CreatedDate"), int | float):
        return {**found, "CreatedDate": datetime.fromtimestamp(at, UTC)}
    return found


def _told(answer: Answer) -> Any:
    """Of an error; nothing where it isn't the service that answered."""
    try:
        said = _said(answer.body)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _code(answer: Answer) -> str:
    """Of an error, without its namespace and the address behind it."""
    queried: str = answer.headers.get("x-amzn-query-error", "").partition(";")[0]
    return queried or str(_told(answer).get("__type", answer.status)).partition(":")[0].rpartition("#")[2]
