"""What the routes of OpenDSR share: their router, whom they serve, and errors in the specification's form."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.event_handler import Response
from pydantic import BaseModel

from functions.manage_privacy.settings import doors
from shared.api.auditing import audited
from shared.api.serving import new_app
from shared.contracts.opendsr import ErrorBody
from shared.contracts.privacy import PrivacyProblem
from shared.contracts.problems import CONTENT_TYPE, Problem
from shared.domain.opendsr import Fault
from shared.opendsr.telling import signed_headers, with_signature

if TYPE_CHECKING:
    from shared.opendsr.signing import Signer

JSON = "application/json"
PRIOR = "opengdpr_requests"
"""What the route was called in version 1."""

CERTIFICATE = "/v1/opendsr/certificate.pem"
PUBLIC = ("/v1/discovery", CERTIFICATE)
ROOTS = ("discovery", "opendsr", "requests", PRIOR)
_SIGNED_WITHIN = (HTTPStatus.CREATED, HTTPStatus.ACCEPTED)
_OWN_STATUS = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND)


class FaultsError(Exception):
    """Ends the request with all that is wrong with it."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(faults[0].reason)
        self.faults = faults


def _refused(error: FaultsError) -> Response[str]:
    return sent(ErrorBody.of(400, error.faults), 400)


app = new_app()
app.exception_handler(FaultsError)(_refused)
audited(app, lambda: doors().audit)


def is_opendsr(path: str) -> bool:
    return path.split("/")[1:3][-1] in ROOTS


def origin() -> str:
    """Where the request in hand reached us: scheme and host."""
    headers = app.current_event.headers
    return f"{headers.get('x-forwarded-proto') or 'https'}://{headers.get('host')}"


def sent(body: BaseModel, status: int = 200) -> Response[str]:
    """Members that aren't set are left out."""
    return Response(status_code=status, content_type=JSON, body=body.model_dump_json(exclude_none=True))


def described(operation_id: str, summary: str, model: type[BaseModel], *more: int, status: int = 200) -> dict[str, Any]:
    """A route's options: what it is called, and what it may answer; `more` are errors that not every route has."""
    replies = {status: {"description": summary, "content": {JSON: {"model": model}}}, **errors(*more)}
    return {"operation_id": operation_id, "summary": summary, "responses": replies}


def errors(*more: int) -> dict[int, Any]:
    """Replies in the specification's error form."""
    content = {JSON: {"model": ErrorBody}}
    return {status: {"description": HTTPStatus(status).phrase, "content": content} for status in (400, 404, *more)}


def signed(reply: Mapping[str, Any], signer: "Signer") -> dict[str, Any]:
    """A reply as it goes out: errors in the specification's form, everything signed."""
    headers, status, body = dict(reply["headers"]), reply["statusCode"], reply["body"]
    if headers["Content-Type"] == CONTENT_TYPE:
        status, body = _error(PrivacyProblem.model_validate_json(body))
        headers |= {"Content-Type": JSON, "Cache-Control": "no-store"}
    elif status in _SIGNED_WITHIN:
        body = with_signature(body, signer)
    return {
        **reply,
        "statusCode": status,
        "headers": {**headers, **signed_headers(body.encode(), signer)},
        "body": body,
    }


def _error(problem: Problem) -> tuple[int, str]:
    """Whatever is wrong with a request is a 400; who asks and what isn't there have a status of their own."""
    status = problem.status if problem.status in _OWN_STATUS or problem.status >= 500 else 400
    message = f"{problem.message} {problem.fix or ''}".strip()
    return status, ErrorBody.of(status, [Fault(problem.field or "", problem.code, message)]).model_dump_json()
