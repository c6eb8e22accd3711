"""Routes of what a person did: events, and contacts among them."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query

from functions.read_profiles.masks import mask_for, values_of
from functions.read_profiles.routing import Cursor, Identifier, app, person, profiles
from functions.read_profiles.scoping import consenting, event_without, hidden_from
from functions.read_profiles.settings import settings
from functions.read_profiles.timeline import Timeline, Wanted
from functions.read_profiles.views import event_view
from shared.api.problems import ProblemError
from shared.api.serving import allow, documented
from shared.contracts.problems import Problem
from shared.contracts.read import EventPageView
from shared.domain.computed_attributes import CONTACT_LOGGED
from shared.domain.times import from_text, to_text
from shared.stores.event_store import EventStore

Limit = Annotated[int, Query(ge=1, le=200, description="How many events at most")]
EventType = Annotated[str | None, Query(alias="type", description="Only of this type", examples=["track"])]
Name = Annotated[str | None, Query(description="Only of this name", examples=["Order Completed"])]
SourceId = Annotated[str | None, Query(description="Only from this source", examples=["src_web"])]
First = Annotated[
    str | None,
    Query(alias="from", description="Happened from then on: ISO-8601 date or date-time", examples=["2026-11-21"]),
]
Last = Annotated[str | None, Query(alias="to", description="Happened until then, that day included")]


@app.get(
    "/v1/profiles/<identifier>/events",
    summary="What a person did, newest first",
    operation_id="list_events",
    responses=documented("A page of events", 400, 401, 403, 404, 409, 503),
)
def get_events(
    identifier: Identifier,
    type_: EventType = None,
    name: Name = None,
    source: SourceId = None,
    first: First = None,
    last: Last = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> EventPageView:
    """By the clients' own times, of events without one by when they were received, over all identifiers. A page reads a
    limited number of events: with filters it may hold few, or none, and still have a `next_cursor`.
    """
    return _page(identifier, Wanted(type_, name, source, *_span(first, last)), limit, cursor)


@app.get(
    "/v1/profiles/<identifier>/contacts",
    summary="Contacts with a person, newest first",
    operation_id="list_contacts",
    responses=documented("A page of events", 400, 401, 403, 404, 409, 503),
)
def get_contacts(
    identifier: Identifier, first: First = None, last: Last = None, limit: Limit = 50, cursor: Cursor = None
) -> EventPageView:
    """Who of a company spoke with them, over which channel, and what was noted."""
    return _page(identifier, Wanted("track", CONTACT_LOGGED, None, *_span(first, last)), limit, cursor)


def _page(identifier: str, wanted: Wanted, limit: int, cursor: str | None) -> EventPageView:
    token = allow(app, "events:read")
    found = person(identifier)
    page = Timeline(EventStore(settings().events_table), profiles()).page(found, limit, cursor, wanted)
    mask = mask_for(token, values_of(found.identifiers.values(), page.events))
    hidden = hidden_from(token, consenting(found, datetime.now(UTC)))
    told = [event_view(event_without(event, hidden), mask) for event in page.events]
    return EventPageView(events=told, next_cursor=page.next_cursor)


def _span(first: str | None, last: str | None) -> tuple[str, str]:
    start = to_text(_moment("from", first)) if first else ""
    if not last:
        return start, "~"  # after every time
    end = _moment("to", last)
    is_day = len(last.strip()) == len("2026-11-21")
    return start, to_text(end + timedelta(days=1, milliseconds=-1) if is_day else end)


def _moment(name: str, text: str) -> datetime:
    try:
        moment = from_text(text)
        return min(max(moment, from_text("1970-01-01")), from_text("9999-12-30"))
    except ValueError as error:
        message = f"`{name}` is no ISO-8601 date or date-time."
        raise ProblemError(Problem.of(400, "time_invalid", message, field=name)) from error
