"""The routes of the Read API. docs/openapi/read.json is generated from them."""

from datetime import UTC, datetime
from functools import cache
from typing import Annotated
from urllib.parse import unquote

from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from functions.read_profiles.settings import settings
from functions.read_profiles.timeline import Timeline
from functions.read_profiles.views import event_view, profile_view
from shared.api.lookup import Contested, Lookup
from shared.api.problems import ProblemError
from shared.api.serving import allow, documented, new_app
from shared.contracts.problems import Problem
from shared.contracts.read import ContestedView, EventPageView, ProfileView
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.event_store import EventStore
from shared.stores.kept_rules import KeptDeclarations, KeptRules
from shared.stores.profile_store import ProfileStore

TITLE = "Jogakbo Read API"
DESCRIPTION = "Who a person is and what they did."

app = new_app()

Identifier = Annotated[
    str,
    Path(
        description="`<namespace>:<value>`, URL-encoded, or `profile_id:<id>`",
        examples=["email:jane@example.com", "user_id:u1", "profile_id:01KAK3J8V2N5Q0T4W6Y8Z1B3D5"],
    ),
]
ExactIdentifier = Annotated[
    str,
    Query(max_length=600, description="`<namespace>:<value>` or `profile_id:<id>`", examples=["user_id:a?b/events"]),
]
Limit = Annotated[int, Query(ge=1, le=200, description="How many events at most")]
Cursor = Annotated[str | None, Query(max_length=2000, description="`next_cursor` of the page before")]


@cache
def lookup() -> Lookup:
    rules = KeptRules(CatalogueStore(settings().catalogue_table))
    return Lookup(profiles(), settings().identifier_key_secret, lambda: rules.get().naming)


@cache
def declared() -> KeptDeclarations:
    return KeptDeclarations(CatalogueStore(settings().catalogue_table))


@cache
def profiles() -> ProfileStore:
    return ProfileStore(settings().profiles_table)


@app.get(
    "/v1/profiles/<identifier>",
    summary="One person as they are known",
    operation_id="get_profile",
    responses=documented("The person", 400, 401, 403, 404),
)
def get_profile(identifier: Identifier) -> ProfileView | ContestedView:
    """Any identifier finds the person it belongs to now. A device that several people use answers with ids alone."""
    return _profile(unquote(identifier))


@app.get(
    "/v1/profiles",
    summary="The same for an identifier of any characters",
    operation_id="find_profile",
    responses=documented("The person", 400, 401, 403, 404),
)
def find_profile(identifier: ExactIdentifier) -> ProfileView | ContestedView:
    """Gateways decode paths more than once and cut them at a `?`; a query reaches us as it was sent."""
    return _profile(identifier)


def _profile(identifier: str) -> ProfileView | ContestedView:
    allow(app, "profiles:read")
    now = datetime.now(UTC)
    found = lookup().find(identifier, now)
    if isinstance(found, Contested):
        return ContestedView(profile_id=found.profile_id, contested=True)
    return profile_view(found, declared().get(), now)


@app.get(
    "/v1/profiles/<identifier>/events",
    summary="What a person did, newest first",
    operation_id="list_events",
    responses=documented("A page of events", 400, 401, 403, 404, 409),
)
def get_events(identifier: Identifier, limit: Limit = 50, cursor: Cursor = None) -> EventPageView:
    """By the clients' own times, over all identifiers of the person. Events without a time come last."""
    allow(app, "events:read")
    found = lookup().find(unquote(identifier), datetime.now(UTC))
    if isinstance(found, Contested):
        message = "Several people use this device, so it names nobody."
        raise ProblemError(
            Problem.of(409, "identifier_contested", message, fix="Use another identifier of the person.")
        )
    page = Timeline(EventStore(settings().events_table), profiles()).page(found, limit, cursor)
    return EventPageView(events=[event_view(event) for event in page.events], next_cursor=page.next_cursor)
