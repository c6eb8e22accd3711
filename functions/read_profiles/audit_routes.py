"""The route of a person's audit log: who saw, changed or was given what of them."""

from http import HTTPStatus
from itertools import islice
from typing import Annotated
from urllib.parse import unquote

from aws_lambda_powertools.event_handler.openapi.params import Query

from functions.read_profiles.paging import cursor_of, position_of
from functions.read_profiles.routing import Cursor, Identifier, app, audit_log, person
from shared.api.auditing import about, tells
from shared.api.lookup import PROFILE_ID
from shared.api.problems import ProblemError
from shared.api.serving import allow, documented
from shared.contracts.audit import AuditEntryView, AuditPageView
from shared.domain.auditing import AuditEntry
from shared.stores.audit_log import Place, place_of

Limit = Annotated[int, Query(ge=1, le=200, description="How many entries at most")]


@app.get(
    "/v1/profiles/<identifier>/audit",
    summary="Who saw, changed or was given what of a person, newest first",
    operation_id="list_audit",
    responses=documented("A page of the audit log", 400, 401, 403, 404, 409, 503),
)
def get_audit(identifier: Identifier, limit: Limit = 50, cursor: Cursor = None) -> AuditPageView:
    """Answers of the Read API and changes by the People API by the name of the API token, and disclosures to
    destinations. This answer is an entry itself, which the next one shows.
    """
    allow(app, "audit:read")
    ids = _ids(identifier)
    tells(app, "audit")
    after: Place | None = None
    if cursor:
        sk, profile_id = position_of(cursor, 2)
        after = sk, profile_id
    page = [*islice(audit_log().newest(ids, after, limit + 1), limit + 1)]
    return AuditPageView(
        profile_id=ids[0],
        entries=[_view(entry) for entry in page[:limit]],
        next_cursor=cursor_of(place_of(page[limit - 1])) if len(page) > limit else None,
    )


def _ids(identifier: str) -> list[str]:
    """Every id that is theirs now. Of somebody who was erased the log alone is left, under the id that they had."""
    try:
        found = person(identifier)
    except ProblemError as error:
        profile_id = unquote(identifier).removeprefix(f"{PROFILE_ID}:")
        if error.problem.status != HTTPStatus.NOT_FOUND or not any(audit_log().newest([profile_id], page_size=1)):
            raise
        about(app, profile_id)
        return [profile_id]
    return [found.id, *found.merged_ids]


def _view(entry: AuditEntry) -> AuditEntryView:
    return AuditEntryView(
        at=entry.at,
        what=entry.what,
        actor=entry.actor,
        place=entry.place,
        fields=[*entry.fields],
        masked=entry.masked,
        destination=entry.destination or None,
        purposes=[*entry.purposes],
        bases=[*entry.bases],
        id=entry.id,
        profile_id=entry.profile_id,
    )
