"""Who may ask: an API token in the Authorization header, known by its hash, not expired, with the scope."""

from collections.abc import Callable, Mapping
from datetime import datetime

from shared.api.problems import ProblemError
from shared.contracts.problems import Problem
from shared.domain.api_tokens import ApiToken, Scope
from shared.domain.times import to_text

_FIX = "Send `Authorization: Bearer <API token>`; `jogakbo token add` makes one."


def authenticate(headers: Mapping[str, str], find: Callable[[str], ApiToken | None], now: datetime) -> ApiToken:
    """The token of a request. Raises ProblemError (401)."""
    scheme, _, token = _authorization(headers).partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise ProblemError(Problem.of(401, "token_missing", "This needs an API token.", fix=_FIX))
    granted = find(token.strip())
    if granted is None:
        raise ProblemError(Problem.of(401, "token_unknown", "This API token isn't known.", fix=_FIX))
    if granted.expires_at <= to_text(now):
        raise ProblemError(
            Problem.of(401, "token_expired", f"This API token expired at {granted.expires_at}.", fix=_FIX)
        )
    return granted


def require(granted: ApiToken, scope: Scope) -> None:
    """Raises ProblemError (403) where the token lacks the scope."""
    if scope not in granted.scopes:
        raise ProblemError(Problem.of(403, "scope_missing", f"This API token lacks the scope {scope}."))


def require_everything(granted: ApiToken) -> None:
    """Raises ProblemError (403) where something of a person is kept from the token: an export has all of it."""
    require(granted, "profiles:pii")
    if granted.purposes:
        raise ProblemError(Problem.of(403, "purposes_bound", "This API token is bound to purposes."))


def _authorization(headers: Mapping[str, str]) -> str:
    return next((value for name, value in headers.items() if name.lower() == "authorization"), "")
