"""OpenDSR 2.0 on the wire: the request as a controller sends it, and the bodies of our answers and callbacks."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, StringConstraints, ValidationError

from shared.contracts.shape import Shape
from shared.domain.identifiers import Naming
from shared.domain.opendsr import (
    MOST_CALLBACKS,
    MOST_IDENTITIES,
    Asked,
    Fault,
    Named,
    Status,
    distinct,
    identity,
    own_identity,
    time_fault,
    version_fault,
)
from shared.domain.privacy_requests import Identity
from shared.domain.times import from_text, to_text

_UUID4 = r"^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)")
_MESSAGES = {
    "string_pattern_mismatch": "A UUID of version 4 in small letters is needed.",
    "model_type": "A JSON object is needed.",
    "dict_type": "A JSON object is needed.",
}
Uuid4 = Annotated[str, StringConstraints(pattern=_UUID4)]


class _Received(Shape):
    """Members that the specification doesn't have are let be."""

    model_config = ConfigDict(extra="ignore", strict=True)


class IdentityBody(_Received):
    identity_type: str
    identity_value: str
    identity_format: Literal["raw", "sha1", "md5", "sha256"]


class ExtensionBody(_Received):
    """What stands in `extensions` under our domain: identifiers that the specification has no type for, and which
    controller asks, where its API token speaks for several.
    """

    model_config = ConfigDict(extra="forbid")
    identifiers: list[str] = Field(default=[])
    controller_id: str = ""


class RequestBody(_Received):
    """A data subject request of a controller."""

    regulation: Literal["gdpr", "ccpa"]
    subject_request_id: Uuid4
    subject_request_type: Literal["access", "portability", "erasure"]
    submitted_time: str
    subject_identities: list[IdentityBody] = Field(default=[])
    api_version: str | None = None
    status_callback_urls: list[str] = Field(default=[])
    extensions: dict[str, Any] = Field(default={})


def asked(body: Mapping[str, Any], domain: str, now: datetime, naming: Naming) -> Asked | list[Fault]:
    """The request that a body makes of the processor `domain`, or all that is wrong with it."""
    try:
        given = RequestBody.model_validate(body)
    except ValidationError as error:
        return list(_faults(error))
    place = f"extensions.{domain}"
    try:
        extension = ExtensionBody.model_validate(given.extensions.get(domain, {}))
    except ValidationError as error:
        return list(_faults(error, place))
    submitted = _moment(given.submitted_time)
    identities = list(_identities(given, extension, f"{place}.identifiers", naming))
    faults = [
        *(one for one in identities if isinstance(one, Fault)),
        *_counts(given, len(identities)),
        *filter(None, [version_fault(given.api_version)]),
        *filter(None, [submitted if isinstance(submitted, Fault) else time_fault(submitted, now)]),
    ]
    if faults or isinstance(submitted, Fault):
        return faults
    return Asked(
        subject_request_id=given.subject_request_id,
        kind=given.subject_request_type,
        regulation=given.regulation,
        submitted_at=to_text(submitted),
        identities=distinct(one for one in identities if isinstance(one, Identity)),
        callbacks=tuple(dict.fromkeys(given.status_callback_urls)),
        controller=extension.controller_id,
    )


def _identities(given: RequestBody, extension: ExtensionBody, place: str, naming: Naming) -> Iterator[Identity | Fault]:
    for number, one in enumerate(given.subject_identities):
        named = Named(one.identity_type, one.identity_value, one.identity_format)
        yield identity(named, f"subject_identities[{number}]", naming)
    for number, text in enumerate(extension.identifiers):
        yield own_identity(text, f"{place}[{number}]", naming)


def _counts(given: RequestBody, identities: int) -> Iterator[Fault]:
    if not identities:
        message = "Somebody must be named: here, or in our extension."
        yield Fault("subject_identities", "identities_missing", message)
    if identities > MOST_IDENTITIES:
        yield Fault("subject_identities", "too_many_identities", f"At most {MOST_IDENTITIES}.")
    if len(given.status_callback_urls) > MOST_CALLBACKS:
        yield Fault("status_callback_urls", "too_many_callbacks", f"At most {MOST_CALLBACKS}.")


def _moment(text: str) -> datetime | Fault:
    try:
        if _RFC3339.fullmatch(text):
            return from_text(text.upper())
    except ValueError:
        pass  # a 13th month, say
    return Fault("submitted_time", "submitted_time_invalid", "A date-time of RFC 3339 with its offset is needed.")


def _faults(error: ValidationError, place: str = "") -> Iterator[Fault]:
    """Pydantic's own sentences name types and patterns, never what was sent; `place` is where the error's body is."""
    for one in error.errors(include_input=False, include_context=False, include_url=False):
        is_unknown = one["type"] == "extra_forbidden"  # then the last step is a name that somebody else chose
        steps = [
            f"[{step}]" if isinstance(step, int) else f".{step}" for step in one["loc"][: -1 if is_unknown else None]
        ]
        message = _MESSAGES.get(one["type"], f"{one['msg']}.")
        yield Fault("".join([place, *steps]).lstrip("."), one["type"], message)


class SupportedIdentity(Shape):
    identity_type: str
    identity_format: str


class Discovery(Shape):
    """What this processor can do, and where its certificate lies."""

    api_version: str
    supported_identities: list[SupportedIdentity]
    supported_subject_request_types: list[str]
    processor_certificate: str


class Receipt(Shape):
    """The answer to a request. `processor_signature`, its last member, signs the same bytes without it."""

    controller_id: str
    expected_completion_time: str
    received_time: str
    encoded_request: str
    subject_request_id: str
    processor_signature: str | None = None


class Cancellation(Shape):
    """The answer to a cancellation, signed as a receipt is."""

    controller_id: str
    received_time: str
    subject_request_id: str
    api_version: str
    processor_signature: str | None = None


class StatusBody(Shape):
    """How a request is getting on; with `status_callback_url` it is a callback."""

    controller_id: str
    expected_completion_time: str
    status_callback_url: str | None = None
    subject_request_id: str
    request_status: Status
    api_version: str
    results_url: str | None = None
    results_count: int | None = None


class ErrorDetail(Shape):
    domain: str
    reason: str
    message: str


class ErrorObject(Shape):
    code: int
    message: str
    errors: list[ErrorDetail]


class ErrorBody(Shape):
    """The specification's error form."""

    error: ErrorObject

    @classmethod
    def of(cls, code: int, faults: Sequence[Fault], domain: str = "Validation") -> "ErrorBody":
        details = [ErrorDetail(domain=domain, reason=fault.reason, message=_sentence(fault)) for fault in faults]
        return cls(error=ErrorObject(code=code, message=details[0].message, errors=details))


def _sentence(fault: Fault) -> str:
    return f"{fault.field}: {fault.message}" if fault.field else fault.message
