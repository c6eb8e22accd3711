"""What the routes of the People API share: the router, who asks, whom it is about, and jobs on their way."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import unquote

from aws_lambda_powertools.event_handler.openapi.params import Path
from ulid import ULID

from functions.manage_people.settings import doors
from shared.api.auditing import about, audited
from shared.api.lookup import Contested
from shared.api.problems import ProblemError
from shared.api.serving import allow, documented, new_app
from shared.aws.queues import send_messages
from shared.contracts.problems import Problem
from shared.contracts.queues import JobSlice
from shared.domain.api_tokens import Scope
from shared.domain.jobs import Job
from shared.domain.profiles import Profile
from shared.domain.times import from_text, to_text

app = new_app()
audited(app, lambda: doors().audit)

ENDINGS = ("/contacts", "/consents", "/freeze", "/unfreeze", "/split", "/merge")
"""What may stand behind a person's identifier in a path."""

Identifier = Annotated[
    str,
    Path(
        description="`<namespace>:<value>`, URL-encoded, or `profile_id:<id>`",
        examples=["email:jane@example.com", "profile_id:01KAK3J8V2N5Q0T4W6Y8Z1B3D5"],
    ),
]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks, by the name of the API token, and when; `sees_values` of people, or masked ones."""

    name: str
    now: datetime
    sees_values: bool


def _actor(scope: Scope) -> Actor:
    token = allow(app, scope)
    return Actor(token.name, datetime.now(UTC), "profiles:pii" in token.scopes)


def reader() -> Actor:
    return _actor("identities:read")


def writer() -> Actor:
    return _actor("identities:write")


def described(operation_id: str, summary: str, *problems: int, status: int = 200, preview: str = "") -> dict[str, Any]:
    """A route's options: what it is called, and what it may answer beside its success; 200 where that is a preview."""
    responses = documented(summary, 400, 401, 403, *problems, 503, status=status)
    if preview:
        responses[200] = {"description": preview}
    return {"operation_id": operation_id, "summary": summary, "responses": responses}


def person(identifier: str, now: datetime) -> Profile:
    """The live profile of an identifier as it stands in a path. Raises ProblemError (400, 404, 409)."""
    return named(unquote(identifier), now)


def named(identifier: str, now: datetime) -> Profile:
    """The same for one as it was written. The audit log will say that the answer is about them."""
    found = doors().lookup.find(identifier)
    if isinstance(found, Contested):
        message, fix = "Several people use this device, so it names nobody.", "Use another identifier of the person."
        raise ProblemError(Problem.of(409, "identifier_contested", message, fix=fix))
    about(app, found.id)
    return found


def moment(text: str, field: str) -> str:
    """A time as it is stored, empty for none. Raises ProblemError (400)."""
    try:
        return to_text(from_text(text)) if text else ""
    except ValueError:
        message = f"{field} is no time."
        raise ProblemError(Problem.of(400, "range_invalid", message, field=field, fix="ISO 8601.")) from None


def queue_job(
    kind: str, actor: Actor, params: Mapping[str, Any], position: Mapping[str, Any], people: list[str] | None = None
) -> Job:
    """A new job on its way to run_jobs. `people` are the profiles that it is about, where they are known."""
    job = Job(str(ULID()), kind, actor.name, to_text(actor.now), params, position=position)
    doors().jobs.add_people(job.id, people or (), actor.now)
    job = doors().jobs.put(job, actor.now)
    send_slice(job)
    return job


def send_slice(job: Job) -> None:
    send_messages(doors().jobs_queue_url, [JobSlice(job_id=job.id).model_dump_json()])
