"""Routes of API tokens: listed, made with no more scopes than their maker's, and revoked."""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body

from functions.manage_catalogue.refusals import missing
from functions.manage_catalogue.routing import KeyId, app, changing, described
from shared.api.auth import require
from shared.api.problems import ProblemError
from shared.api.serving import allow
from shared.contracts.catalogue import NewTokenRequest, NewTokenView, TokensView, TokenView
from shared.contracts.problems import Problem
from shared.domain.api_tokens import ApiToken
from shared.domain.purposes import Purpose, choice_of
from shared.domain.times import to_text
from shared.stores.keys import secret_hash
from shared.stores.recorded_changes import Change

_ID_LENGTH = 12


@app.get("/v1/tokens", **described("list_tokens", "The API tokens"))
def list_tokens() -> TokensView:
    """Expired ones too; never the tokens themselves."""
    allow(app, "tokens:write")
    return TokensView(tokens=[_view(hashed, granted) for hashed, granted in changing().catalogue.api_tokens()])


@app.post("/v1/tokens", **described("add_token", "A new API token", 413))
def add_token(body: Annotated[NewTokenRequest, Body()]) -> NewTokenView:
    """It may do nothing that the token it is asked with may not."""
    maker, now = allow(app, "tokens:write"), datetime.now(UTC)
    for scope in body.scopes:
        require(maker, scope)
    text = f"jgb_{secrets.token_urlsafe(32)}"
    hashed = secret_hash(text)
    expires_at = to_text(now + timedelta(days=body.days))
    bound = _purposes(maker, body.purposes), _controllers(maker, body.controllers)
    granted = ApiToken(body.name, tuple(dict.fromkeys(body.scopes)), expires_at, *bound)
    change = Change(maker.name, now, "key_added", key_id=hashed[:_ID_LENGTH])
    changing().recorded.put_api_token(hashed, granted, change)
    return NewTokenView(**_view(hashed, granted).model_dump(), api_token=text)


@app.delete("/v1/tokens/<key_id>", **described("revoke_token", "Revoke an API token", 404))
def revoke_token(key_id: KeyId) -> TokenView:
    """It is refused a minute later. The reply is the token as it was."""
    revoker = allow(app, "tokens:write")
    found = [entry for entry in changing().catalogue.api_tokens() if entry[0].startswith(key_id)]
    if not found:
        raise missing(f"API token {key_id}")
    hashed, granted = found[0]
    changing().recorded.delete_api_token(hashed, Change(revoker.name, datetime.now(UTC), "key_revoked", key_id=key_id))
    return _view(hashed, granted)


def _view(hashed: str, granted: ApiToken) -> TokenView:
    return TokenView(
        id=hashed[:_ID_LENGTH],
        name=granted.name,
        scopes=list(granted.scopes),
        expires_at=granted.expires_at,
        purposes=list(granted.purposes),
        controllers=list(granted.controllers),
    )


def _purposes(maker: ApiToken, asked: list[str]) -> tuple[str, ...]:
    """Who is bound to purposes binds to some of them. Raises ProblemError (400, 403)."""
    known = {purpose.id: purpose.state for purpose in changing().catalogue.list(Purpose)}
    live = [one for one, state in known.items() if state == "live"]
    for place, one in enumerate(asked):
        if one not in live:
            fix = choice_of(live)
            message = "This purpose is disabled." if one in known else "No purpose has this id."
            raise ProblemError(Problem.of(400, "purpose_unknown", message, field=f"purposes.{place}", fix=fix))
    if maker.purposes and not {*asked} <= {*maker.purposes}:
        raise ProblemError(Problem.of(403, "purpose_missing", "This API token is bound to other purposes."))
    return tuple(dict.fromkeys(asked or maker.purposes))


def _controllers(maker: ApiToken, asked: list[str]) -> tuple[str, ...]:
    """Who is bound to controllers binds to some of them. Raises ProblemError (403)."""
    if maker.controllers and not {*asked} <= {*maker.controllers}:
        raise ProblemError(Problem.of(403, "controller_missing", "This API token is bound to other controllers."))
    return tuple(dict.fromkeys(asked or maker.controllers))
