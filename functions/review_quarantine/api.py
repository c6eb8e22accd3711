"""The routes of the quarantine API. docs/openapi/quarantine.json is generated from them."""

from datetime import UTC, datetime
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query

from functions.review_quarantine import browsing, resending
from functions.review_quarantine.asking import Asked, asked
from functions.review_quarantine.settings import doors
from functions.review_quarantine.views import detail_view, entry_view
from shared.api.problems import ProblemError
from shared.api.serving import allow, documented, new_app
from shared.contracts.problems import Problem
from shared.contracts.quarantine import (
    EntryDetailView,
    EntryPageView,
    ReasonsView,
    ReplayPageView,
    ReplayQuery,
    ReplayRequest,
    ReplayView,
)
from shared.domain.outcomes import place_of
from shared.domain.quarantine import EntryId, Quarantined, State

TITLE = "Jogakbo quarantine API"
DESCRIPTION = "Events that were refused: why, as they came, and sent again once they are mended."

app = new_app()

EntryPath = Annotated[str, Path(max_length=2000, description="An entry's `id`")]
SourceId = Annotated[
    str,
    Query(min_length=1, max_length=100, description="`unknown` holds what could not be decoded", examples=["src_web"]),
]
First = Annotated[
    str | None,
    Query(alias="from", description="Received from then on: ISO-8601 date or date-time", examples=["2026-11-21"]),
]
Last = Annotated[str | None, Query(alias="to", description="Received until then, that day included")]
Reason = Annotated[str | None, Query(description="Only what was refused for this", examples=["unknown_type"])]
FieldName = Annotated[str | None, Query(alias="field", description="Only where this field is to be mended")]
StateName = Annotated[State | None, Query(description="Only in this state")]
Limit = Annotated[int, Query(ge=1, le=200, description="How many entries at most")]
Cursor = Annotated[str | None, Query(max_length=2000, description="`next_cursor` of the page before")]

_NEEDED = {
    "undecodable": (409, "event_needed", "This is no event of any source: nobody knows what it was.", "event"),
    "source_needed": (400, "source_needed", "It came without a source, so say whose event this is.", "source_id"),
    "too_large": (409, "event_too_large", f"This is more than {resending.MOST_BYTES} bytes.", "event"),
}
_FIX = {"event": "Send an edited `event`.", "source_id": "Send `source_id` beside the `event`."}


@app.get(
    "/v1/quarantine",
    summary="Refused events of a source, newest first",
    operation_id="list_quarantine",
    responses=documented("A page of entries", 400, 401, 403),
)
def list_entries(
    source: SourceId,
    first: First = None,
    last: Last = None,
    reason: Reason = None,
    field_name: FieldName = None,
    state: StateName = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> EntryPageView:
    """By time of receipt, without what came. Entries are kept for 30 days."""
    allow(app, "quarantine:read")

    def wanted(entry: Quarantined) -> bool:
        return _is_of(entry, reason, field_name) and (state is None or entry.state == state)

    page = browsing.page(doors().quarantine, asked(source, first, last, cursor, datetime.now(UTC), wanted), limit)
    return EntryPageView(entries=[entry_view(entry) for entry in page.entries], next_cursor=page.next_cursor)


@app.get(
    "/v1/quarantine/reasons",
    summary="Why events of a source were refused, and how many for each reason",
    operation_id="count_quarantine_reasons",
    responses=documented("Counts by reason and field", 400, 401, 403),
)
def count_reasons(source: SourceId, first: First = None, last: Last = None, cursor: Cursor = None) -> ReasonsView:
    """Counted over what lies there now, with what mends it."""
    allow(app, "quarantine:read")
    span = asked(source, first, last, cursor, datetime.now(UTC), lambda _: True)
    page = browsing.page(doors().quarantine, span, browsing.MOST_READ)
    return ReasonsView(reasons=browsing.reasons(page.entries), next_cursor=page.next_cursor)


@app.get(
    "/v1/quarantine/<entry_id>",
    summary="One refused event, as it came",
    operation_id="get_quarantine_entry",
    responses=documented("The entry", 400, 401, 403, 404),
)
def get_entry(entry_id: EntryPath) -> EntryDetailView:
    """With the reason and what mends it. Numbers that must not be kept are masked."""
    allow(app, "quarantine:read")
    return detail_view(_entry(entry_id))


@app.post(
    "/v1/quarantine/<entry_id>/replay",
    summary="Send one refused event again",
    operation_id="replay_quarantine_entry",
    responses=documented("On its way", 400, 401, 403, 404, 409, 413, status=202),
)
def replay_entry(entry_id: EntryPath, body: Annotated[ReplayRequest, Body()]) -> tuple[ReplayView, int]:
    """As it came, or an edited `event` in its place. It is judged like any other event, and stored once however often
    it is sent. Refused again it is a new entry, to which this one points.
    """
    by = allow(app, "quarantine:write").name
    entry = _entry(entry_id)
    made = resending.replay(entry, body.event, body.source_id)
    if isinstance(made, str):
        status, code, message, field = _NEEDED[made]
        raise ProblemError(Problem.of(status, code, message, field=field, fix=_FIX[field]))
    resending.send(doors(), [made], by, datetime.now(UTC))
    return ReplayView(id=str(entry.id), message_id=made.message_id), 202


@app.post(
    "/v1/quarantine/replay",
    summary="Send many refused events again, as they came",
    operation_id="replay_quarantine",
    responses=documented("On their way", 400, 401, 403, 413, status=202),
)
def replay_query(body: Annotated[ReplayQuery, Body()]) -> tuple[ReplayPageView, int]:
    """Those that wait, and those of which nobody has seen the end since they were sent. Go on with `next_cursor`."""
    by, now = allow(app, "quarantine:write").name, datetime.now(UTC)

    def wanted(entry: Quarantined) -> bool:
        return _is_of(entry, body.reason, body.field) and entry.ending is None

    span: Asked = asked(body.source, body.first, body.last, body.cursor, now, wanted)
    page = browsing.page(doors().quarantine, span, body.limit)
    whole = [found for entry in page.entries if (found := doors().quarantine.find(entry.id))]
    made = [(entry, resending.replay(entry)) for entry in whole]
    replays = [one for _, one in made if isinstance(one, resending.Replay)]
    resending.send(doors(), replays, by, now)
    view = ReplayPageView(
        sent=[str(one.entry.id) for one in replays],
        passed_over=[str(entry.id) for entry, one in made if isinstance(one, str)],
        next_cursor=page.next_cursor,
    )
    return view, 202


def _is_of(entry: Quarantined, reason: str | None, field: str | None) -> bool:
    is_there = field is None or field in (entry.field, place_of(entry.reason, entry.field))
    return is_there and (reason is None or entry.reason == reason)


def _entry(text: str) -> Quarantined:
    entry_id = EntryId.parse(text)
    entry = doors().quarantine.find(entry_id) if entry_id else None
    if entry is None:
        raise ProblemError(Problem.of(404, "entry_not_found", "There is no such entry, or it is kept no longer."))
    return entry
