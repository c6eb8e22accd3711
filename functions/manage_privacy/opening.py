"""How a request about a person begins, by whichever API it is asked."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from ulid import ULID

from functions.manage_privacy.settings import doors
from shared.api.lookup import PROFILE_ID, Contested
from shared.api.problems import ProblemError
from shared.aws.executions import start_execution
from shared.contracts.privacy import PrivacyProblem
from shared.contracts.problems import Problem
from shared.domain.corrections import SOURCE
from shared.domain.deadlines import due
from shared.domain.privacy_requests import Identity, PrivacyRequest, RequestKind
from shared.domain.sources import Source
from shared.domain.times import to_text
from shared.stores.keys import open_sk
from shared.stores.request_store import AlreadyOpenError

_TRIES = 5


def opened(
    kind: RequestKind,
    identities: Sequence[Identity],
    regulation: str,
    params: Mapping[str, Any],
    by: str,
    now: datetime,
    request_id: str = "",
    asked_at: datetime | None = None,
) -> PrivacyRequest:
    """A new request, unverified. Its period begins with its receipt, or when the person asked somebody else for it.
    Raises ProblemError (400, 409).
    """
    if any(one.namespace == PROFILE_ID for one in identities):
        message = "A request names a person by identifiers, not by a profile's id."
        raise ProblemError(Problem.of(400, "identifier_invalid", message, field="identities"))
    if kind == "correction":
        _expect_source()
    hashes = [doors().lookup.hash_of(_text(one)) for one in identities]
    profile_id = _person(hashes)
    request = PrivacyRequest(
        id=request_id or str(ULID()),
        kind=kind,
        regulation=regulation,
        identities=tuple(identities),
        created_by=by,
        received_at=to_text(now),
        due_at=due_at(regulation, kind, asked_at or now),
        params=params,
        profile_id=profile_id,
        marks=tuple(open_sk(kind, whom) for whom in dict.fromkeys((*hashes, profile_id)) if whom),
    )
    return _added(request, now)


def started(request: PrivacyRequest) -> PrivacyRequest:
    """The request, carried out from now on where it may be; each version of it is begun once."""
    if request.may_act:
        name = f"{request.id}-{request.version}"
        start_execution(doors().state_machine, name, {"request_id": request.id})
    return request


def _expect_source() -> None:
    """Corrections go the way of any event, as those of a source of their own."""
    source = doors().catalogue.find(Source, SOURCE)
    if source is None or source.state != "live":
        message, fix = f"There is no live source {SOURCE}.", f"Add it: `jogakbo source add {SOURCE}`."
        raise ProblemError(Problem.of(409, "source_unknown", message, field="kind", fix=fix))


def due_at(regulation: str, kind: RequestKind, since: datetime) -> str:
    """By when, of a request whose period began then. Raises ProblemError (400)."""
    packs = doors().packs()
    pack = packs.get(regulation)
    if pack is None or kind not in pack.deadlines:
        message = f"No policy pack {regulation} says by when a request of {kind} is due."
        able = ", ".join(sorted(one for one, known in packs.items() if kind in known.deadlines))
        fix = f"Add the kind to its `deadlines`, or name one that has it: {able or 'none does'}."
        raise ProblemError(Problem.of(400, "regulation_unknown", message, field="regulation", fix=fix))
    return to_text(due(since, pack.deadlines[kind]))


def _added(request: PrivacyRequest, now: datetime) -> PrivacyRequest:
    for _ in range(_TRIES):
        try:
            return doors().requests.add(request, now)
        except AlreadyOpenError as error:
            if not error.request_id:
                continue  # it has ended since
            raise ProblemError(_in_the_way(request.kind, error.request_id)) from error
    raise ProblemError(Problem.of(409, "version_conflict", "Others keep asking the same.", fix="Try again."))


def _in_the_way(kind: RequestKind, request_id: str) -> PrivacyProblem:
    message = f"The {kind} request {request_id} about this person is open."
    problem = PrivacyProblem.of(409, "request_open", message, fix="Wait for it, or cancel it.")
    return PrivacyProblem(**{**problem.model_dump(), "request_id": request_id})


def _person(hashes: Sequence[str]) -> str:
    """Who is meant: the id of a profile, empty for nobody known. Raises ProblemError (409)."""
    found = [doors().lookup.known(hashed) for hashed in hashes]
    if all(isinstance(one, Contested) for one in found):
        message, fix = "Several people use this device, so it names nobody.", "Name another identifier of the person."
        raise ProblemError(Problem.of(409, "identifier_contested", message, field="identities", fix=fix))
    people = {one.id for one in found if one and not isinstance(one, Contested)}
    if len(people) > 1:
        message, fix = "These identities name several people.", "Ask about each by a request of its own."
        raise ProblemError(Problem.of(409, "several_people", message, field="identities", fix=fix))
    return next(iter(people), "")


def _text(identity: Identity) -> str:
    """As it was asked; what has no value had no colon, or nothing behind it."""
    return ":".join(filter(None, (identity.namespace, identity.value)))
