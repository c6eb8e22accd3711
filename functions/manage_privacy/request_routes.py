"""Routes of requests about people: made, listed, read, verified, cancelled and taken up again."""

from collections import Counter
from collections.abc import Callable
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query

from functions.manage_privacy.opening import opened, started
from functions.manage_privacy.routing import Actor, app, described, reader, writer
from functions.manage_privacy.settings import doors
from functions.manage_privacy.views import view
from shared.api.problems import ProblemError
from shared.contracts.privacy import AskedRequest, PrivacyRequestPageView, PrivacyRequestView, VerificationRequest
from shared.contracts.problems import Problem
from shared.domain.input_errors import ULID
from shared.domain.privacy_requests import Identity, PrivacyRequest, deadline, ended, taken_up, verified
from shared.domain.times import to_text
from shared.stores.catalogue_store import VersionConflictError

RequestId = Annotated[str, Path(pattern=ULID, description="A request's `id`", examples=["01KAK3J8V2N5Q0T4W6Y8Z1B3D5"])]
Limit = Annotated[int, Query(ge=1, le=100, description="How many requests at most")]
Cursor = Annotated[str | None, Query(pattern=ULID, description="`next_cursor` of the page before")]
OnlyOpen = Annotated[bool, Query(alias="open", description="Only those that have not ended, what is due first first")]
_TRIES = 5


@app.post("/v1/privacy/requests", **described("add_privacy_request", "Ask about a person", 409, 413, status=201))
def add_request(body: Annotated[AskedRequest, Body()]) -> tuple[PrivacyRequestView, int]:
    """Nothing is done before the request is verified. A person whom nobody knows may be asked about, too: it ends with
    nothing found.
    """
    actor = writer()
    identities = [Identity(*one.partition(":")[::2]) for one in body.identities]
    params = body.params.model_dump(exclude_defaults=True)
    request = opened(body.kind, identities, body.regulation, params, actor.name, actor.now)
    return view(request, actor), 201


@app.get("/v1/privacy/requests", **described("list_privacy_requests", "Requests, newest first"))
def list_requests(limit: Limit = 20, cursor: Cursor = None, only_open: OnlyOpen = False) -> PrivacyRequestPageView:
    """Open ones alone have one page: those that are due first."""
    actor = reader()
    still = sorted(doors().requests.open(), key=lambda request: (request.due_at, request.id))
    stand = Counter(deadline(request, actor.now) for request in still)
    found = still if only_open else doors().requests.newest(limit + 1, cursor or "")
    return PrivacyRequestPageView(
        requests=[view(request, actor) for request in found[:limit]],
        open=len(still),
        near=stand["near"],
        overdue=stand["overdue"],
        next_cursor=found[limit - 1].id if len(found) > limit and not only_open else None,
    )


@app.get("/v1/privacy/requests/<request_id>", **described("get_privacy_request", "One request", 404))
def get_request(request_id: RequestId) -> PrivacyRequestView:
    actor = reader()
    return view(request_of(request_id), actor)


@app.post(
    "/v1/privacy/requests/<request_id>/verify",
    **described("verify_privacy_request", "Say whether a request comes from the person", 404, 409),
)
def verify_request(request_id: RequestId, body: Annotated[VerificationRequest, Body()]) -> PrivacyRequestView:
    """Verified, it is carried out; refused, it ends. That isn't changed any more."""
    actor = writer()

    def decided(request: PrivacyRequest) -> PrivacyRequest:
        _expect(request.is_open, "request_ended", f"This request is {request.state}.")
        _expect(request.verification == "unverified", "verified_already", "This request is verified already.")
        return verified(request, body.result, body.method, actor.name, to_text(actor.now))

    return view(started(_changed(request_id, actor, decided)), actor)


@app.post(
    "/v1/privacy/requests/<request_id>/cancel", **described("cancel_privacy_request", "Take a request back", 404, 409)
)
def cancel_request(request_id: RequestId) -> PrivacyRequestView:
    """Before anything was done for it; a failed one at any time, save an erasure."""
    actor = writer()

    def cancelled(request: PrivacyRequest) -> PrivacyRequest:
        if request.state == "cancelled":
            return request
        _expect(request.can_be_cancelled, "request_begun", f"This request is {request.state}.")
        return ended(request, "cancelled", to_text(actor.now))

    return view(_changed(request_id, actor, cancelled), actor)


@app.post(
    "/v1/privacy/requests/<request_id>/resume",
    **described("resume_privacy_request", "Take up a request again", 404, 409),
)
def resume_request(request_id: RequestId) -> PrivacyRequestView:
    """Where it failed, or where whoever carried it out died; steps that are done aren't done again."""
    actor = writer()

    def again(request: PrivacyRequest) -> PrivacyRequest:
        _expect(request.may_act, "request_not_verified", "Only an open request that is verified goes on.")
        return taken_up(request)  # written though it says the same: executions are named by versions, and begun once

    return view(started(_changed(request_id, actor, again)), actor)


def _changed(request_id: str, actor: Actor, change: Callable[[PrivacyRequest], PrivacyRequest]) -> PrivacyRequest:
    for _ in range(_TRIES):
        request = request_of(request_id)
        after = change(request)
        if after is request:
            return request
        try:
            return doors().requests.put(after, actor.now)
        except VersionConflictError:
            continue
    raise ProblemError(Problem.of(409, "version_conflict", "This request keeps changing.", fix="Try again."))


def request_of(request_id: str) -> PrivacyRequest:
    found = doors().requests.find(request_id)
    if found is None:
        raise ProblemError(Problem.of(404, "request_not_found", "There is no such request."))
    return found


def _expect(holds: bool, code: str, message: str) -> None:
    if not holds:
        raise ProblemError(Problem.of(409, code, message))
