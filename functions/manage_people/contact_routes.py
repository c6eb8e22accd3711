"""The route that logs a contact with a person: an event like any other, on the way that all events take."""

from datetime import UTC, datetime
from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Body
from ulid import ULID

from functions.manage_people.routing import Identifier, app, described, person
from functions.manage_people.settings import doors
from shared.api.problems import ProblemError
from shared.api.serving import allow
from shared.aws.observability import count
from shared.aws.streams import StreamRecord, put_records
from shared.contracts.contacts import ContactRequest, ContactView
from shared.contracts.problems import Problem
from shared.contracts.records import Record, element, encode
from shared.domain.catalogue import Source
from shared.domain.contacts import contact_event
from shared.domain.identifiers import rank
from shared.domain.times import from_text, to_text


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
    source = doors().catalogue.find(Source, body.source)
    if source is None or source.state != "live":
        fix = f"Add it: `jogakbo source add {body.source}`, or name another as `source`."
        raise ProblemError(Problem.of(409, "source_unknown", "No live source has this id.", field="source", fix=fix))
    if not found.identifiers:
        raise ProblemError(Problem.of(409, "nobody_named", "This person has no identifier that an event could bear."))
    anchor, named = min(found.identifiers.items(), key=lambda entry: (rank(entry[1].namespace), entry[1]))
    message_id = body.message_id or str(ULID())
    event = contact_event(named, message_id, _time(body.at, now), body.model_dump(include=_SAID, exclude_defaults=True))
    record = Record(
        source_id=source.id,
        received_at=to_text(now),
        correlation_id=app.current_event.request_context.request_id,
        elements=(element(event),),
    )
    put_records(doors().stream, [StreamRecord(anchor, encode(record))])
    count("ContactsLogged")
    return ContactView(profile_id=found.id, message_id=message_id), 202


_SAID: Any = {"channel", "direction", "employee", "team", "note"}


def _time(at: str | None, now: datetime) -> str:
    try:
        return to_text(from_text(at) if at else now)
    except ValueError as error:
        message = "`at` is no ISO-8601 date or date-time."
        raise ProblemError(Problem.of(400, "time_invalid", message, field="at")) from error
