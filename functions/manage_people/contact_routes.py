"""The route that logs a contact with a person: an event like any other, on the way that all events take."""

from datetime import UTC, datetime
from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Body
from ulid import ULID

from functions.manage_people.routing import Identifier, app, described, person
from functions.manage_people.sending import live_source, send, when
from shared.api.problems import ProblemError
from shared.api.serving import allow
from shared.aws.observability import count
from shared.contracts.contacts import ContactRequest, ContactView
from shared.contracts.problems import Problem
from shared.domain.contacts import contact_event
from shared.domain.identifiers import rank


@app.post(
    "/v1/profiles/<identifier>/contacts",
    **described("log_contact", "Log a contact with a person", 404, 409, status=202),
)
def log_contact(identifier: Identifier, body: Annotated[ContactRequest, Body()]) -> tuple[ContactView, int]:
    """A call, a visit, a letter: who of the company spoke with them, and what was noted. It is theirs in a moment,
    among their events as `Contact Logged`, and counts for what is computed of contacts.
    """
    allow(app, "contacts:write")
    now = datetime.now(UTC)
    found = person(identifier, now)
    source = live_source(body.source)
    if not found.identifiers:
        raise ProblemError(Problem.of(409, "nobody_named", "This person has no identifier that an event could bear."))
    anchor, named = min(found.identifiers.items(), key=lambda entry: (rank(entry[1].namespace), entry[1]))
    message_id = body.message_id or str(ULID())
    event = contact_event(named, message_id, when(body.at, now), body.model_dump(include=_SAID, exclude_defaults=True))
    send(source, anchor, event, now)
    count("ContactsLogged")
    return ContactView(profile_id=found.id, message_id=message_id), 202


_SAID: Any = {"channel", "direction", "employee", "team", "note"}
