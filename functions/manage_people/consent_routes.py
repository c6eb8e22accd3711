"""Routes that take down decisions of consent: each becomes an event, and that a consent record."""

from datetime import UTC, datetime
from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Body
from ulid import ULID

from functions.manage_people.routing import Identifier, app, described, person
from functions.manage_people.sending import live_source, send, when
from functions.manage_people.settings import doors
from shared.api.problems import ProblemError
from shared.api.serving import allow
from shared.aws.observability import count
from shared.contracts.consents import ConsentsRequest, NamedConsentsRequest, TakenView
from shared.contracts.problems import Problem
from shared.domain.consent_records import RecordKey
from shared.domain.contacts import bearing
from shared.domain.identifiers import Identifier as Named
from shared.domain.identifiers import rank
from shared.domain.purposes import Purpose, choice_of
from shared.domain.refusals import refused_signals
from shared.domain.times import MAX_AHEAD, from_text, to_text

CONSENT_UPDATED = "Consent Updated"


@app.post(
    "/v1/profiles/<identifier>/consents",
    **described("take_consents", "Take down what a person decided", 404, 409, status=202),
)
def take_consents(identifier: Identifier, body: Annotated[ConsentsRequest, Body()]) -> tuple[TakenView, int]:
    """It holds for their highest identifier. Each decision is a consent record of its own event, whatever was said."""
    allow(app, "consents:write")
    now = datetime.now(UTC)
    found = person(identifier, now)
    if not found.identifiers:
        raise ProblemError(Problem.of(409, "nobody_named", "This person has no identifier that an event could bear."))
    anchor, named = min(found.identifiers.items(), key=lambda entry: (rank(entry[1].namespace), entry[1]))
    return _taken(anchor, named, body, now), 202


@app.post(
    "/v1/consents",
    **described("take_consents_of_identifier", "Take down what whoever has an identifier decided", 409, status=202),
)
def take_consents_of_identifier(body: Annotated[NamedConsentsRequest, Body()]) -> tuple[TakenView, int]:
    """They need not be known yet."""
    allow(app, "consents:write")
    named, anchor = doors().lookup.named(body.identifier)
    return _taken(anchor, named, body, datetime.now(UTC)), 202


def _taken(anchor: str, named: Named, body: ConsentsRequest, now: datetime) -> TakenView:
    time = when(body.at, now)
    decisions = _decisions(body, time)
    if from_text(time) > now + MAX_AHEAD:
        message = "A decision that is still to come can't be taken down."
        raise ProblemError(Problem.of(400, "time_in_future", message, field="at", fix="Say when it was taken."))
    message_id = body.message_id or str(ULID())
    event = {
        "type": "track",
        "event": CONSENT_UPDATED,
        "messageId": message_id,
        "timestamp": time,
        **(borne := bearing(named)),
        "context": {**borne.get("context", {}), "consent": {"decisions": decisions}},
    }
    source = live_source(body.source)
    decided_at = min(time, to_text(now))
    doors().refusals.put({anchor: dict.fromkeys(refused_signals(event), decided_at)}, now)
    send(source, anchor, event, now)
    count("ConsentsTaken")
    return TakenView(message_id=message_id, record_id=RecordKey(anchor, decided_at, message_id).id)


def _decisions(body: ConsentsRequest, time: str) -> list[dict[str, Any]]:
    """As an event says them. Raises ProblemError (400)."""
    known = {purpose.id for purpose in doors().catalogue.list(Purpose) if purpose.state == "live"}
    found: list[dict[str, Any]] = []
    for place, decision in enumerate(body.decisions):
        field = f"decisions.{place}"
        if decision.purpose not in known:
            fix, message = choice_of(known), "No live purpose has this id."
            raise ProblemError(Problem.of(400, "purpose_unknown", message, field=f"{field}.purpose", fix=fix))
        said = decision.model_dump(exclude_defaults=True)
        if decision.expires:
            said["expires"] = _until(decision.expires, f"{field}.expires", time)
        found.append(said)
    return found


def _until(text: str, field: str, since: str) -> str:
    try:
        until = to_text(from_text(text))
    except ValueError as error:
        message = "This is no ISO-8601 date or date-time."
        raise ProblemError(Problem.of(400, "time_invalid", message, field=field)) from error
    if until <= since:
        raise ProblemError(Problem.of(400, "time_invalid", "It ends before it was taken.", field=field))
    return until
