"""What a company configures: sources with their keys, tokens, retention classes, mappings, plans and destinations."""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from shared.domain.companies import Company
from shared.domain.computed_attributes import ComputedAttribute
from shared.domain.destinations import (
    DestinationKind,
    DestinationState,
    ListSettings,
    PartnerSettings,
    PayloadField,
    StreamSettings,
)
from shared.domain.identity_rules import IdentityRules
from shared.domain.mapping import Mapping
from shared.domain.policy_packs import PolicyPack
from shared.domain.purposes import Purpose
from shared.domain.retention_duties import RetentionDuty
from shared.domain.segments.definition import Segment
from shared.domain.strict import Flag, Whole
from shared.domain.tracking_plans import TrackingPlan

State = Literal["live", "disabled"]
SourceKind = Literal["web", "mobile", "server", "file", "webhook", "stream"]
Sensitivity = Literal["ordinary", "personal", "sensitive"]
OnForbiddenNumber = Literal["mask", "quarantine"]
Scope = Literal[
    "profiles:read",
    "profiles:pii",
    "events:read",
    "contacts:write",
    "consents:write",
    "catalogue:read",
    "catalogue:write",
    "quarantine:read",
    "quarantine:write",
    "identities:read",
    "identities:write",
    "audit:read",
    "privacy:read",
    "privacy:write",
    "tokens:write",
]

SCOPES: tuple[Scope, ...] = (
    "profiles:read",
    "profiles:pii",
    "events:read",
    "contacts:write",
    "consents:write",
    "catalogue:read",
    "catalogue:write",
    "quarantine:read",
    "quarantine:write",
    "identities:read",
    "identities:write",
    "audit:read",
    "privacy:read",
    "privacy:write",
    "tokens:write",
)
ITEM_ID = r"^[a-z0-9_][a-z0-9_-]{0,63}$"
STANDARD_CLASS = "standard"
STANDARD_DAYS = 365
LEAST_DAYS = 30
"""What a sweep has covered can't expire later: this is more than shared.domain.baselines.DAYS_AHEAD, by far."""


_NOTHING_ELSE = {"extra": "forbid"}


@dataclass(frozen=True, slots=True)
class WebhookScheme:
    """How a webhook that comes in is signed, and what it brings.

    `standard`: Standard Webhooks; `header` may name another prefix of its three headers than `webhook`. `hmac`:
    HMAC-SHA256 of the body in `header`, as hex or base64 behind `prefix`; with `timestamp_header` of `signed`, where
    `{timestamp}` and `{body}` stand for what came. `secret`: the secret itself in `header`, behind `prefix`.
    `list_field` names the list in a body that brings several elements.
    """

    kind: Literal["standard", "hmac", "secret"]
    header: str = ""
    encoding: Literal["hex", "base64"] = "hex"
    prefix: str = ""
    timestamp_header: str = ""
    signed: str = "{timestamp}.{body}"
    list_field: str = ""

    __pydantic_config__: ClassVar[dict[str, Any]] = _NOTHING_ELSE

    def __post_init__(self) -> None:
        if self.kind != "standard" and not self.header:
            raise ValueError(f"A scheme of kind {self.kind} needs a header")
        if self.signed.count("{body}") != 1 or "{timestamp}" not in self.signed:
            raise ValueError("What is signed needs {timestamp} and, once, {body}")


@dataclass(frozen=True, slots=True)
class Source:
    """Where events come from. `version` 0 is an item that isn't stored yet.

    `events_per_second` is what each warm process lets through, 0 for any number; without `allowed_origins` a browser
    may send from any site; `truncates_ip` drops the end of the ip that the server fills in; `mapping` and
    `tracking_plan` are ids, empty for none; `forbidden_numbers` says what becomes of an event that holds one.
    `reduces_without` is the id of a purpose: an event that itself refuses it is kept without what it says beside.
    """

    id: str
    name: str
    kind: SourceKind = "server"
    state: State = "live"
    owner: str = ""
    sensitivity: Sensitivity = "personal"
    retention_class: str = STANDARD_CLASS
    events_per_second: Whole = 0
    allowed_origins: tuple[str, ...] = ()
    truncates_ip: Flag = False
    mapping: str = ""
    tracking_plan: str = ""
    forbidden_numbers: OnForbiddenNumber = "mask"
    webhook: WebhookScheme | None = None
    reduces_without: str = ""
    version: int = 0

    __pydantic_config__: ClassVar[dict[str, Any]] = _NOTHING_ELSE


@dataclass(frozen=True, slots=True)
class RetentionClass:
    """How many days events of a class are kept from the time they were stored. `standard` needs no item."""

    id: str
    days: Whole
    version: int = 0

    __pydantic_config__: ClassVar[dict[str, Any]] = _NOTHING_ELSE


@dataclass(frozen=True, slots=True)
class WriteKey:
    """A write key is kept as its hash alone; this is what the hash leads to."""

    source_id: str
    state: State = "live"
    created_at: str = ""


@dataclass(frozen=True, slots=True)
class ApiToken:
    """What a token may do, and until when (UTC text). One with `purposes` reads no traits that others alone need; one
    with `controllers` speaks for these by OpenDSR, and has nothing of the Privacy API.
    """

    name: str
    scopes: tuple[Scope, ...]
    expires_at: str
    purposes: tuple[str, ...] = ()
    controllers: tuple[str, ...] = ()


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

    __pydantic_config__: ClassVar[dict[str, Any]] = _NOTHING_ELSE


Configured = (
    Source
    | RetentionClass
    | Mapping
    | TrackingPlan
    | Destination
    | IdentityRules
    | ComputedAttribute
    | Purpose
    | PolicyPack
    | RetentionDuty
    | Company
    | Segment
)
"""An item that configuration as code carries."""

KINDS: dict[str, type[Configured]] = {
    "source": Source,
    "retention_class": RetentionClass,
    "mapping": Mapping,
    "tracking_plan": TrackingPlan,
    "destination": Destination,
    "identity_rule_set": IdentityRules,
    "computed_attribute": ComputedAttribute,
    "purpose": Purpose,
    "policy_pack": PolicyPack,
    "retention_duty": RetentionDuty,
    "company": Company,
    "segment": Segment,
}
"""Partition in the catalogue -> what its items are. A new kind joins by its entry here."""
