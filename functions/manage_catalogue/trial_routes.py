"""The route by which a segment is tried before it is published: judged as a PUT judges it, then handed to a queue."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Body, Query
from pydantic import BaseModel
from ulid import ULID

from functions.manage_catalogue.refusals import invalid
from functions.manage_catalogue.routing import app, changing, described
from functions.manage_catalogue.settings import settings
from shared.api.auth import require
from shared.api.problems import ProblemError
from shared.api.serving import allow
from shared.aws.queues import send_messages
from shared.contracts.catalogue import TRIED
from shared.contracts.problems import Problem
from shared.contracts.queues import TrialAsked
from shared.contracts.trials import TrialView, on_its_way
from shared.domain.api_tokens import ApiToken
from shared.domain.configuration import item_of
from shared.domain.flaws import Flaw
from shared.domain.input_errors import form_of
from shared.domain.item_ids import ITEM_ID
from shared.domain.segments.definition import Segment
from shared.domain.segments.trials import MOST_PAST, MOST_PEOPLE, MOST_SAMPLE, Kind, Trial
from shared.domain.times import from_text, to_text
from shared.stores.trial_store import TrialStore

_PAST = timedelta(days=30)
_EARLIEST_END = datetime(1970, 1, 1, tzinfo=UTC)
_TIME = "Of a dry run, ISO 8601. Without it"

OfKind = Annotated[Kind, Query(description="A dry run plays people's past events instead")]
Sample = Annotated[int, Query(ge=0, le=MOST_SAMPLE, description="People of a preview, each with why they are in")]
Overlap = Annotated[bool, Query(description="Whether a preview counts who is in other live segments, too")]
First = Annotated[str, Query(alias="from", max_length=40, description=f"{_TIME} 30 days before the end")]
Last = Annotated[str, Query(alias="to", max_length=40, description=f"{_TIME} now")]
People = Annotated[int, Query(ge=1, le=MOST_PEOPLE, description="People of a dry run, by a hash of their ids")]
Asked: Any = Annotated[TRIED, Body()]


def preview_segment(
    body: Any,
    kind: OfKind = "preview",
    sample: Sample = 3,
    overlap: Overlap = True,
    first: First = "",
    last: Last = "",
    people: People = MOST_PEOPLE,
) -> Any:
    """Who would be in, by the profile snapshot and the event lake: how many, some of them with why, how many of them in
    other segments, what publishing writes. Or who would have entered and left, day by day. Nothing is changed. The
    answer comes later, at `url`, to this token alone. For a definition, which may ask anything of people, the token
    needs `catalogue:write` beside `profiles:read`, and may not be bound to purposes.
    """
    token, now = allow(app, "profiles:read"), datetime.now(UTC)
    trial_id = str(ULID())
    segment = _declared(body) if body.where is None else _described(token, body, trial_id)
    params: dict[str, Any] = {"sample": sample, "overlap": overlap}
    if kind == "dry_run":
        params = {**_span(first, last, now), "people": people}
    made = Trial(trial_id, kind, segment, token.name, to_text(now), params)
    trial = TrialStore(settings().ledger_table).put(made)
    send_messages(settings().previews_queue_url, [TrialAsked(trial_id=trial.id).model_dump_json()])
    return TrialView(**on_its_way(trial)), 202


def _declared(body: BaseModel) -> Segment:
    asked = body.model_dump(exclude_unset=True)
    if not asked.get("id") or len(asked) > 1:
        fix = "Say `where`, or the `id` alone of a segment that there is."
        raise invalid([Flaw("where", "There are no conditions.", fix)])
    return changing().get(Segment, asked["id"])


def _described(token: ApiToken, body: Any, trial_id: str) -> Segment:
    require(token, "catalogue:write")
    if token.purposes:
        message = "A token that is bound to purposes tries segments that there are, by their id."
        raise ProblemError(Problem.of(403, "purposes_bound", message, fix="Use another token."))
    segment_id = trial_id.lower() if body.id is None else body.id
    if not re.fullmatch(ITEM_ID, segment_id):
        raise invalid([Flaw("id", "This is no id.", form_of(ITEM_ID))])
    segment = item_of(Segment, segment_id, body)
    if not isinstance(segment, Segment):
        raise TypeError(segment_id)
    return changing().tried(replace(segment, name=segment.name or segment_id))


def _span(first: str, last: str, now: datetime) -> dict[str, str]:
    """Raises ProblemError (400)."""
    end = _moment(last, "to") or now
    start = _moment(first, "from") or max(end, _EARLIEST_END) - _PAST
    if start >= end:
        message = "The end (to, or now) isn't later than the beginning (from)."
        raise ProblemError(Problem.of(400, "range_invalid", message, field="from"))
    if end - start > MOST_PAST:
        message = "From the beginning (from) to the end (to, or now) there are more than ten years."
        raise ProblemError(Problem.of(400, "range_invalid", message, field="from", fix="Ask for less."))
    return {"from": to_text(start), "to": to_text(end)}


def _moment(text: str, field: str) -> datetime | None:
    try:
        return from_text(text) if text else None
    except ValueError:
        message = f"{field} is no time."
        raise ProblemError(Problem.of(400, "range_invalid", message, field=field, fix="ISO 8601.")) from None


preview_segment.__annotations__ |= {"body": Asked, "return": tuple[TrialView, int]}
app.post(
    "/v1/segments/preview", **described("preview_segment", "A preview or dry run on its way", 404, 413, status=202)
)(preview_segment)
