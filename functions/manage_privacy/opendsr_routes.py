"""Routes of OpenDSR 2.0, by which controllers hand on requests of people, and of version 1 by their old name."""

from base64 import b64encode
from datetime import UTC, datetime
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path

from functions.manage_privacy.opendsr_routing import CERTIFICATE, JSON, PRIOR, app, described, errors, origin, sent
from functions.manage_privacy.opendsr_taking import controller_of, read_request, take
from functions.manage_privacy.settings import doors, signer
from shared.api.auditing import about
from shared.api.auth import require_everything
from shared.api.problems import ProblemError
from shared.api.serving import allow
from shared.contracts.opendsr import Cancellation, Discovery, Receipt, StatusBody, SupportedIdentity
from shared.contracts.problems import Problem
from shared.domain.api_tokens import ApiToken
from shared.domain.auditing import AuditEntry
from shared.domain.opendsr import API_VERSION, KINDS, Claim, controllers_of, supported_identities
from shared.domain.privacy_requests import PrivacyRequest, ended
from shared.domain.times import to_text
from shared.opendsr.telling import status_body
from shared.stores.catalogue_store import VersionConflictError

SubjectRequestId = Annotated[
    str,
    Path(
        max_length=100,
        description="The controller's id of the request",
        examples=["a7551968-d5d6-44b2-9831-815ac9017798"],
    ),
]
PEM = "application/x-pem-file"
_TRIES = 5
_RESULTS = "export.json"


@app.get("/v1/discovery", **described("discover_opendsr", "What this processor supports", Discovery))
def discover() -> Response[str]:
    """Whom a request may name, and where the certificate lies that signs every answer and callback. Needs no token."""
    return sent(
        Discovery(
            api_version=API_VERSION,
            supported_identities=[SupportedIdentity(**one) for one in supported_identities()],
            supported_subject_request_types=list(KINDS),
            processor_certificate=f"{origin()}{CERTIFICATE}",
        )
    )


@app.get(
    CERTIFICATE,
    operation_id="get_opendsr_certificate",
    summary="The certificate with its chain",
    responses={200: {"description": "PEM", "content": {PEM: {"schema": {"type": "string"}}}}},
)
def get_certificate() -> Response[str]:
    """Needs no token."""
    return Response(status_code=200, content_type=PEM, body=signer().certificate)


@app.post(
    f"/v1/{PRIOR}", **described("add_opengdpr_request", "As in version 1", Receipt, 401, 403, 500, 503, status=201)
)
@app.post(
    "/v1/requests", **described("add_opendsr_request", "Ask about a person", Receipt, 401, 403, 500, 503, status=201)
)
def add_request() -> Response[str]:
    """The same body again is answered as before. That a controller asks says that the request is the person's."""
    token, domain = allow(app, "privacy:write"), signer().domain
    now, text = datetime.now(UTC), app.current_event.body or ""
    found = read_request(text, domain, now)
    claim, request = take(found, text, controller_of(found, domain, token), now)
    _note(request)
    receipt = Receipt(
        controller_id=claim.controller_id,
        expected_completion_time=claim.due_at,
        received_time=claim.received_at,
        encoded_request=b64encode(text.encode()).decode(),
        subject_request_id=claim.subject_request_id,
    )
    return sent(receipt, 201)


@app.get(
    f"/v1/{PRIOR}/<subject_request_id>", **described("get_opengdpr_status", "As in version 1", StatusBody, 401, 403)
)
@app.get(
    "/v1/requests/<subject_request_id>",
    **described("get_opendsr_status", "How a request is getting on", StatusBody, 401, 403, 500, 503),
)
def get_status(subject_request_id: SubjectRequestId) -> Response[str]:
    claim = _claim(subject_request_id, allow(app, "privacy:read"))
    return sent(status_body(claim, doors().requests.find(claim.request_id)))


@app.get(
    "/v1/requests/<subject_request_id>/results",
    operation_id="get_opendsr_results",
    summary="Fetch what a request of access or portability brought",
    responses={302: {"description": "Leads to the file, for five minutes"}, **errors(401, 403, 500, 503)},
)
def get_results(subject_request_id: SubjectRequestId) -> Response[str]:
    """JSON, while it is kept: 30 days."""
    token, now = allow(app, "privacy:write"), datetime.now(UTC)
    require_everything(token)
    claim = _claim(subject_request_id, token)
    request = doors().requests.find(claim.request_id)
    if request is None or _RESULTS not in doors().exports.names(claim.request_id):
        raise ProblemError(Problem.of(404, "results_not_found", "This request has no results, or none any more."))
    entry = AuditEntry(
        profile_id=request.profile_id,
        at=to_text(now),
        what="exported",
        id=app.current_event.request_context.request_id,
        actor=token.name,
        place="get_opendsr_results",
        fields=tuple(request.done.get("export", {}).get("rows", ())),
    )
    doors().audit.append(entry)
    address = doors().exports.address(claim.request_id, _RESULTS)
    return Response(status_code=302, content_type=JSON, headers={"Location": address}, body="{}")


@app.delete(
    f"/v1/{PRIOR}/<subject_request_id>",
    **described("cancel_opengdpr_request", "As in version 1", Cancellation, 401, 403, 500, 503, status=202),
)
@app.delete(
    "/v1/requests/<subject_request_id>",
    **described("cancel_opendsr_request", "Take a request back", Cancellation, 401, 403, 500, 503, status=202),
)
def cancel_request(subject_request_id: SubjectRequestId) -> Response[str]:
    """While it is pending."""
    claim, now = _claim(subject_request_id, allow(app, "privacy:write")), datetime.now(UTC)
    _note(_cancelled(claim, now))
    told = Cancellation(
        controller_id=claim.controller_id,
        received_time=to_text(now),
        subject_request_id=claim.subject_request_id,
        api_version=API_VERSION,
    )
    return sent(told, 202)


def _cancelled(claim: Claim, now: datetime) -> PrivacyRequest:
    for _ in range(_TRIES):
        request = doors().requests.find(claim.request_id)
        if request and request.state == "cancelled":
            return request
        if request is None or request.state != "pending":
            raise ProblemError(Problem.of(409, "not_pending", "Only a pending request can be cancelled."))
        try:
            return doors().requests.put(ended(request, "cancelled", to_text(now)), now)
        except VersionConflictError:
            continue
    raise ProblemError(Problem.of(409, "version_conflict", "This request keeps changing.", fix="Try again."))


def _claim(subject_request_id: str, token: ApiToken) -> Claim:
    """Of those for whom the token speaks; what others asked isn't there for it."""
    found = doors().opendsr.find_claim(subject_request_id)
    if found is None or found.controller_id not in controllers_of(token):
        raise ProblemError(Problem.of(404, "request_not_found", "There is no such request."))
    return found


def _note(request: PrivacyRequest) -> None:
    """For the audit log."""
    if request.profile_id:
        about(app, request.profile_id)
