"""Destinations: who is told what, what each kind is set up with, and how a payload calls what it carries."""

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


@dataclass(frozen=True, slots=True)
class Destination:
    """Who is told what. Every one of `purposes` must be granted; `traits` and `identifiers` name what it may get, and
    `fields` how the payload calls it, where that isn't the standard form. `url`, `stream`, `s3_list` and `partner_bus`
    are of the `kind`. It is told `facts_per_second` at most, 0 for any number. `region` and `retention` say where the
    recipient keeps it and for how long, in their words: for the register of data flows.
    """

    id: str
    name: str
    url: str = ""
    detail_types: tuple[str, ...] = ()
    secret_name: str = ""
    purposes: tuple[str, ...] = ()
    traits: tuple[str, ...] = ()
    identifiers: tuple[str, ...] = ()
    region: str = ""
    retention: str = ""
    kind: DestinationKind = "webhook"
    fields: tuple[PayloadField, ...] = ()
    stream: StreamSettings | None = None
    s3_list: ListSettings | None = None
    partner_bus: PartnerSettings | None = None
    facts_per_second: Whole = 0
    state: DestinationState = "live"
    version: int = 0

    KIND: ClassVar[str] = "destination"
    __pydantic_config__: ClassVar[dict[str, Any]] = _NOTHING_ELSE
