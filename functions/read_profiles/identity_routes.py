"""Routes of who somebody is: their identifiers with periods, and why they are one person."""

from functools import cache
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query

from functions.read_profiles.masks import mask_for
from functions.read_profiles.routing import Cursor, Identifier, app, person, profiles
from functions.read_profiles.settings import settings
from functions.read_profiles.views import shown
from functions.read_profiles.why import Why
from shared.api.serving import allow, documented
from shared.contracts.read import CameView, HeldIdentifiersView, HeldIdentifierView, PeriodView, WhyView
from shared.domain.identity import Ownership
from shared.domain.identity_ledger import Decided
from shared.stores.event_store import EventStore
from shared.stores.identity_log import IdentityLog

Limit = Annotated[int, Query(ge=1, le=100, description="How many decisions at most")]


@cache
def decisions() -> IdentityLog:
    return IdentityLog(settings().ledger_table)


@app.get(
    "/v1/profiles/<identifier>/identifiers",
    summary="A person's identifiers, and since when they are theirs",
    operation_id="list_identifiers",
    responses=documented("The identifiers", 400, 401, 403, 404, 409, 503),
)
def get_identifiers(identifier: Identifier) -> HeldIdentifiersView:
    """With the periods in which each belonged to one profile after the other, and the decision that brought it here."""
    token = allow(app, "profiles:read")
    found = person(identifier)
    mask = mask_for(token, ())
    owned = profiles().ownerships(found.identifiers)
    keys = {hashed: (o.periods[-1].profile_id, o.periods[-1].entry) for hashed, o in owned.items()}
    entries = decisions().get(keys.values())
    views = [
        HeldIdentifierView(
            namespace=held.namespace,
            value=shown(held.value, mask),
            first_seen=held.first,
            last_seen=held.last,
            contested=hashed in owned and owned[hashed].contested,
            periods=_periods(owned.get(hashed)),
            came=_came(entries.get(keys[hashed])) if hashed in keys else None,
        )
        for hashed, held in sorted(found.held.items(), key=lambda entry: entry[1])
    ]
    return HeldIdentifiersView(profile_id=found.id, identifiers=views)


def _periods(owned: Ownership | None) -> list[PeriodView]:
    return [PeriodView(**period._asdict()) for period in owned.periods] if owned else []


def _came(one: Decided | None) -> CameView | None:
    if one is None:
        return None
    return CameView(reason=one.reason, time=one.first, event=one.event, source_id=one.source_id, rules=one.rules)


@app.get(
    "/v1/profiles/<identifier>/why",
    summary="Why somebody is who they are",
    operation_id="explain_profile",
    responses=documented("Decisions, newest first", 400, 401, 403, 404, 409, 503),
)
def get_why(identifier: Identifier, limit: Limit = 50, cursor: Cursor = None) -> WhyView:
    """Every decision on who is who, of this person and of all who were merged into them, each in a sentence."""
    token = allow(app, "identities:read")
    found = person(identifier)
    return Why(decisions(), profiles(), EventStore(settings().events_table)).page(found, token, limit, cursor)
