"""Kinds of destinations: what each is set up with, and how a payload calls what it carries."""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

from shared.domain.strict import Whole

DestinationKind = Literal["webhook", "stream", "s3_list", "partner_bus"]
DestinationState = Literal["live", "paused", "disabled"]
Hash = Literal["", "sha256", "sha256_digits"]
HASHES: tuple[Hash, ...] = get_args(Hash)

_NOTHING_ELSE: dict[str, Any] = {"extra": "forbid"}


@dataclass(frozen=True, slots=True)
class PayloadField:
    """A field of the payload by its `name`, and what stands there: the `source` is `identifiers.<namespace>`,
    `traits.<name>`, or of the fact `data.<field>`, `metadata.<field>`.

    `hash`: the SHA-256 of the value, in hex; `sha256_digits` of its digits alone, as some want phone numbers.
    """

    name: str
    source: str
    hash: Hash = ""

    __pydantic_config__: ClassVar[dict[str, Any]] = _NOTHING_ELSE


@dataclass(frozen=True, slots=True)
class StreamSettings:
    """A queue of SQS or a stream of Kinesis, by its ARN."""

    arn: str

    __pydantic_config__: ClassVar[dict[str, Any]] = _NOTHING_ELSE


@dataclass(frozen=True, slots=True)
class ListSettings:
    """The list is of the members of a `segment`. Changes are written to a file once there are `most_facts`, or after
    `most_seconds`.
    """

    segment: str
    most_facts: Whole = 1000
    most_seconds: Whole = 300

    __pydantic_config__: ClassVar[dict[str, Any]] = _NOTHING_ELSE


@dataclass(frozen=True, slots=True)
class PartnerSettings:
    """A bus of EventBridge in another account, by its ARN. With `known_by`, a namespace of identifiers, people are told
    of by the partner's own id of them too, and nobody without one.
    """

    bus: str
    known_by: str = ""

    __pydantic_config__: ClassVar[dict[str, Any]] = _NOTHING_ELSE
