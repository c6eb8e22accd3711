"""OpenDSR 2.0: what a controller may ask for, whom it may name and how, and what it is told of a request."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, NamedTuple
from urllib.parse import urlsplit

from shared.domain.api_tokens import ApiToken
from shared.domain.identifiers import NAMING, Naming, is_external_type, normalise
from shared.domain.privacy_requests import Identity, PrivacyRequest, RequestState
from shared.domain.times import MAX_AHEAD

API_VERSION = "2.0"
MAJORS = ("1", "2")
"""Versions of the specification that a request may name: 1 is what it was as OpenGDPR."""

NAMESPACES = {
    "controller_customer_id": "user_id",
    "email": "email",
    "android_advertising_id": "advertising_id",
    "fire_advertising_id": "advertising_id",
    "ios_advertising_id": "advertising_id",
    "microsoft_advertising_id": "advertising_id",
    "roku_advertising_id": "advertising_id",
    "android_id": "device_id",
    "ios_vendor_id": "device_id",
    "microsoft_publisher_id": "microsoft_publisher_id",
    "roku_publisher_id": "roku_publisher_id",
}
"""Identity type -> namespace. The last two are external ids of the same name."""

FORMAT = "raw"
"""The one format that can be looked up: identifiers are found by a keyed hash of the value itself."""

KINDS = ("access", "portability", "erasure")
MOST_IDENTITIES = 20
MOST_CALLBACKS = 5
MOST_TRIES = 72
"""A callback is tried when the status changes, then once an hour for three days."""

Status = Literal["pending", "in_progress", "completed", "cancelled"]
STATUSES: Mapping[RequestState, Status] = {
    "pending": "pending",
    "in_progress": "in_progress",
    "failed": "in_progress",  # somebody of the company looks at it
    "completed": "completed",
    "cancelled": "cancelled",
}


class Fault(NamedTuple):
    """What is wrong with a request, without a value of it: the field, a reason that never changes, a sentence."""

    field: str
    reason: str
    message: str


class Named(NamedTuple):
    """One identity as a controller wrote it."""

    type: str
    value: str
    format: str


def identity(named: Named, at: str, naming: Naming = NAMING) -> Identity | Fault:
    """Whom an identity of the specification names. `at` is where it stands in the request."""
    namespace = NAMESPACES.get(named.type)
    if namespace is None:
        return Fault(f"{at}.identity_type", "identity_type_unsupported", f"One of {', '.join(NAMESPACES)}.")
    if named.format != FORMAT:
        message = "People can be found by raw values alone: send the value itself as `raw`."
        return Fault(f"{at}.identity_format", "identity_format_unsupported", message)
    return _identity(namespace, named.value, f"{at}.identity_value", naming)


def own_identity(text: str, at: str, naming: Naming = NAMING) -> Identity | Fault:
    """Whom `<namespace>:<value>` names: an identity of our extension, for what the specification has no type for."""
    namespace, colon, value = text.partition(":")
    if not colon or not is_external_type(namespace):
        return Fault(at, "identifier_invalid", "An identifier is written <namespace>:<value>.")
    return _identity(namespace, value, at, naming)


def _identity(namespace: str, value: str, at: str, naming: Naming) -> Identity | Fault:
    found = normalise(namespace, value, naming)
    if found is None:
        return Fault(at, "identity_value_invalid", "This is no value of its type that names anybody.")
    return Identity(found.namespace, found.value)


def time_fault(submitted: datetime, now: datetime) -> Fault | None:
    if submitted <= now + MAX_AHEAD:
        return None
    return Fault("submitted_time", "submitted_time_ahead", "A request can't have been made later than now.")


def version_fault(api_version: str | None) -> Fault | None:
    if api_version is None or re.fullmatch(rf"({'|'.join(MAJORS)})(\.\d{{1,3}}){{0,2}}", api_version):
        return None
    return Fault("api_version", "api_version_unsupported", f"Version {API_VERSION} is spoken here, and 1.")


@dataclass(frozen=True, slots=True)
class Asked:
    """A request of a controller that may be carried out. Times are UTC text; `controller` is empty where the body names
    none.
    """

    subject_request_id: str
    kind: Literal["access", "portability", "erasure"]
    regulation: str
    submitted_at: str
    identities: tuple[Identity, ...]
    callbacks: tuple[str, ...]
    controller: str = ""


def controllers_of(token: ApiToken) -> tuple[str, ...]:
    """For whom a token speaks: those that it is bound to, or the one of its own name."""
    return token.controllers or (token.name,)


@dataclass(frozen=True, slots=True)
class Claim:
    """A controller's id of a request taken for good. `fingerprint` is a keyed hash of the body that took it, so that
    the same body is answered as before and another is refused; `origin` is where the controller reached us.
    """

    subject_request_id: str
    request_id: str
    controller_id: str
    fingerprint: str
    received_at: str
    due_at: str
    origin: str


@dataclass(frozen=True, slots=True)
class Callback:
    """How telling one URL is going: `told` is the status it took last, `failed` the one it didn't take, after so many
    `tries`; `last` is why not: a status code, or what came instead of one.
    """

    url: str
    told: str = "pending"
    failed: str = ""
    tries: int = 0
    last: str = ""


@dataclass(frozen=True, slots=True)
class Callbacks:
    """The URLs that want to hear of a request, until its end has been told to all of them."""

    request_id: str
    subject_request_id: str
    urls: tuple[Callback, ...]
    version: int = 0


def owed(callbacks: Callbacks, status: Status) -> tuple[str, ...]:
    """The URLs that have to be told of a status. The answer to a request tells `pending`."""
    return tuple(
        one.url
        for one in callbacks.urls
        if one.told != status and not (one.failed == status and one.tries >= MOST_TRIES)
    )


def after(callbacks: Callbacks, status: Status, results: Mapping[str, str]) -> Callbacks:
    """With what came of the latest tries: URL -> empty where it was told, else why not."""
    return replace(callbacks, urls=tuple(_after(one, status, results) for one in callbacks.urls))


def _after(one: Callback, status: Status, results: Mapping[str, str]) -> Callback:
    if one.url not in results:
        return one
    failure = results[one.url]
    if not failure:
        return Callback(one.url, told=status)
    return replace(one, failed=status, tries=one.tries + 1 if one.failed == status else 1, last=failure)


def is_over(callbacks: Callbacks, status: Status) -> bool:
    """Whether nothing more will be told: the request ended, and every URL knows it or was tried often enough."""
    return status in ("completed", "cancelled") and not owed(callbacks, status)


def summary(callbacks: Callbacks, status: Status) -> dict[str, Any]:
    """What became of the callbacks, for the request's own record; a path might name the person."""
    missed = [{"host": urlsplit(one.url).netloc, "last": one.last} for one in callbacks.urls if one.told != status]
    return {"told": len(callbacks.urls) - len(missed), "missed": missed}


def status_of(request: PrivacyRequest | None) -> Status:
    """Of a request that is taken and not yet written, too."""
    return STATUSES[request.state] if request else "pending"


def supported_identities() -> list[dict[str, str]]:
    return [{"identity_type": name, "identity_format": FORMAT} for name in NAMESPACES]


def distinct(identities: Iterable[Identity]) -> tuple[Identity, ...]:
    return tuple(dict.fromkeys(identities))


def secret_name(stage: str) -> str:
    """Where a deployment's certificate and its key lie, as JSON {certificate, private_key}."""
    return f"jogakbo/{stage}/opendsr/certificate"
