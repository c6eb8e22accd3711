"""How a request of a controller is taken: its id is claimed once, and the request behind it is made and verified."""

import json
import os
from contextlib import suppress
from datetime import datetime

from ulid import ULID

from functions.manage_privacy.opendsr_routing import PRIOR, FaultsError, app, origin
from functions.manage_privacy.opening import due_at, opened, started
from functions.manage_privacy.settings import doors
from shared.api.problems import ProblemError
from shared.aws.secrets import secret_text
from shared.contracts.opendsr import asked
from shared.contracts.privacy import PrivacyProblem
from shared.destinations.webhook.address_guard import Refused, check
from shared.domain.api_tokens import ApiToken
from shared.domain.opendsr import Asked, Callback, Callbacks, Claim, Fault, controllers_of
from shared.domain.privacy_requests import PrivacyRequest, verified
from shared.domain.times import from_text, to_text
from shared.stores.catalogue_store import VersionConflictError
from shared.stores.keys import body_hash

_LOCAL = "local"


def read_request(text: str, domain: str, now: datetime) -> Asked:
    """What the body of the request in hand asks for. Raises FaultsError."""
    body = json.loads(text)
    if app.current_event.raw_path.endswith(PRIOR):
        body = {"regulation": "gdpr", **body}  # version 1 knew no other
    found = asked(body, domain, now, doors().lookup.naming())
    if not isinstance(found, Asked):
        raise FaultsError(found)
    if faults := [fault for number, url in enumerate(found.callbacks) if (fault := _callback_fault(url, number))]:
        raise FaultsError(faults)
    return found


def controller_of(found: Asked, domain: str, token: ApiToken) -> str:
    """Who asks by a token; which of several the body says. Raises FaultsError."""
    able, at = controllers_of(token), f"extensions.{domain}.controller_id"
    if not found.controller and len(able) > 1:
        message = "This API token speaks for several controllers: say for which."
        raise FaultsError([Fault(at, "controller_missing", message)])
    if found.controller and found.controller not in able:
        raise FaultsError([Fault(at, "controller_unknown", "This API token doesn't speak for this controller.")])
    return found.controller or able[0]


def take(found: Asked, text: str, controller: str, now: datetime) -> tuple[Claim, PrivacyRequest]:
    """The claim of the controller's id and the request behind it; the same body again finds both as they are.

    Raises ProblemError (400, 409), and FaultsError where another body has the id.
    """
    claim = _claimed(found, text, controller, now)
    request = doors().requests.find(claim.request_id)
    if request is None:
        _will_call_back(found, claim)
        request = _opened(found, claim, now)
    if request.verification == "unverified":
        known = verified(request, "verified", "opendsr", controller, to_text(now))
        try:
            request = doors().requests.put(known, now)
        except VersionConflictError:  # the same body at the same time, which verified it
            request = doors().requests.find(claim.request_id) or request
    return claim, started(request) if request.state == "pending" else request


def _claimed(found: Asked, text: str, controller: str, now: datetime) -> Claim:
    claim = Claim(
        subject_request_id=found.subject_request_id,
        request_id=str(ULID()),
        controller_id=controller,
        fingerprint=body_hash(secret_text(doors().lookup.identifier_key_secret), text.encode()),
        received_at=to_text(now),
        due_at=due_at(found.regulation, found.kind, from_text(found.submitted_at)),
        origin=origin(),
    )
    held = doors().opendsr.take(claim)
    if (held.fingerprint, held.controller_id) != (claim.fingerprint, controller):
        message = "Another request has this id already."
        raise FaultsError([Fault("subject_request_id", "subject_request_id_taken", message)])
    return held


def _will_call_back(found: Asked, claim: Claim) -> None:
    """Before the request is made: whoever takes the same body again doesn't know whether that was done."""
    urls = tuple(Callback(url) for url in found.callbacks)
    if urls:
        with suppress(VersionConflictError):  # it was
            doors().opendsr.put_callbacks(Callbacks(claim.request_id, claim.subject_request_id, urls))


def _opened(found: Asked, claim: Claim, now: datetime) -> PrivacyRequest:
    asked_at = from_text(found.submitted_at)
    try:
        return opened(
            found.kind, found.identities, found.regulation, {}, claim.controller_id, now, claim.request_id, asked_at
        )
    except ProblemError as error:
        if isinstance(error.problem, PrivacyProblem) and error.problem.request_id == claim.request_id:
            made = doors().requests.find(claim.request_id)  # by the same body at the same time
            if made:
                return made
        doors().opendsr.release(claim)
        raise


def _callback_fault(url: str, number: int) -> Fault | None:
    at = f"status_callback_urls[{number}]"
    allow_loopback = os.environ["STAGE"] == _LOCAL and os.environ.get("ALLOW_PRIVATE_WEBHOOKS") == "true"
    try:
        target = check(url, allow_loopback=allow_loopback)
    except OSError:
        return Fault(at, "callback_host_unknown", "This host has no address.")
    if isinstance(target, Refused):
        return Fault(at, f"callback_{target.reason}", "An https URL on the internet is needed, on port 443 or 8443.")
    return None
