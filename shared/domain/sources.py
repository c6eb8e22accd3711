"""Where events come from: sources with their keys, how their webhooks are signed, how long their events are kept."""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from shared.domain.strict import Flag, Whole

State = Literal["live", "disabled"]
SourceKind = Literal["web", "mobile", "server", "file", "webhook", "stream"]
Sensitivity = Literal["ordinary", "personal", "sensitive"]
OnForbiddenNumber = Literal["mask", "quarantine"]

STANDARD_CLASS = "standard"
STANDARD_DAYS = 365
LEAST_DAYS = 30
"""What a sweep has covered can't expire later: this is more than shared.domain.baselines.DAYS_AHEAD, by far."""

_NOTHING_ELSE: dict[str, Any] = {"extra": "forbid"}


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

    KIND: ClassVar[str] = "source"
    __pydantic_config__: ClassVar[dict[str, Any]] = _NOTHING_ELSE


@dataclass(frozen=True, slots=True)
class RetentionClass:
    """How many days events of a class are kept from the time they were stored. `standard` needs no item."""

    id: str
    days: Whole
    version: int = 0

    KIND: ClassVar[str] = "retention_class"
    __pydantic_config__: ClassVar[dict[str, Any]] = _NOTHING_ELSE


@dataclass(frozen=True, slots=True)
class WriteKey:
    """A write key is kept as its hash alone; this is what the hash leads to."""

    source_id: str
    state: State = "live"
    created_at: str = ""
