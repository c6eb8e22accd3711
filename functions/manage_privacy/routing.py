"""What the routes of the Privacy API share: the router, and who asks."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from functions.manage_privacy.settings import doors
from shared.api.auditing import audited
from shared.api.problems import ProblemError
from shared.api.serving import allow, documented, new_app
from shared.contracts.privacy import PrivacyProblem
from shared.contracts.problems import Problem
from shared.domain.api_tokens import Scope

app = new_app()
audited(app, lambda: doors().audit)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks, by the name of the API token, and when; `sees_values` of people, or masked ones; `sees_traits`
    likewise, which nobody does who is bound to purposes.
    """

    name: str
    now: datetime
    sees_values: bool
    sees_traits: bool


def reader() -> Actor:
    return _actor("privacy:read")


def writer() -> Actor:
    return _actor("privacy:write")


def described(operation_id: str, summary: str, *problems: int, status: int = 200) -> dict[str, Any]:
    """A route's options: what it is called, and what it may answer beside its success."""
    responses = documented(summary, 400, 401, 403, *problems, 503, status=status, model=PrivacyProblem)
    return {"operation_id": operation_id, "summary": summary, "responses": responses}


def _actor(scope: Scope) -> Actor:
    token = allow(app, scope)
    if token.controllers:
        raise ProblemError(Problem.of(403, "controllers_bound", "This API token speaks by OpenDSR alone."))
    sees = "profiles:pii" in token.scopes
    return Actor(token.name, datetime.now(UTC), sees, sees and not token.purposes)
