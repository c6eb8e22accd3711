"""The route of a preview or dry run that was asked for: how far it is, and what it came to."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Path

from functions.read_profiles.masks import mask_for, values_of
from functions.read_profiles.routing import app, profiles
from functions.read_profiles.scoping import consenting, hidden_from, purposes
from functions.read_profiles.segment_routes import hiding, showing
from functions.read_profiles.settings import settings
from shared.api.auditing import about, tells
from shared.api.problems import ProblemError
from shared.api.serving import allow, documented
from shared.contracts.problems import Problem
from shared.contracts.segments import ReasonView, reason_view
from shared.contracts.trials import DryRunView, PreviewView, SampledView, TriedView, on_its_way
from shared.domain.api_tokens import ApiToken
from shared.domain.computed_attributes import ComputedAttribute
from shared.domain.consent_deadlines import told_standings
from shared.domain.estimates import write_dollars
from shared.domain.input_errors import ULID
from shared.domain.profiles import Profile
from shared.domain.segments.definition import Segment
from shared.domain.segments.trials import Trial
from shared.domain.segments.why import Explaining, explained
from shared.domain.told import person_of
from shared.people.trying import AsIfLive
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.event_store import EventStore
from shared.stores.trial_store import TrialStore

MOST_READ = 10_000
"""Events of people of a sample that are folded for an answer, so that it comes in time; each identifier, which is
asked for by itself, counts like ten.
"""

PreviewId = Annotated[str, Path(pattern=ULID, description="A preview's `id`", examples=["01KAK3J8V2N5Q0T4W6Y8Z1B3D5"])]


@app.get(
    "/v1/segments/previews/<preview_id>",
    summary="What a preview or dry run of a segment came to",
    operation_id="get_preview",
    responses=documented("How far it is, and what it came to", 400, 401, 403, 404, 503),
)
def get_preview(preview_id: PreviewId) -> TriedView:
    """Only the token that asked for it is told, for a day. Why people of the sample are in is as it is now, masked for
    a token without the scope `profiles:pii`.
    """
    token, now = allow(app, "profiles:read"), datetime.now(UTC)
    trial = TrialStore(settings().ledger_table).find(preview_id, now)
    if trial is None or trial.created_by != token.name:
        message = "There is no such preview, or it is over."
        raise ProblemError(Problem.of(404, "preview_not_found", message, fix="Ask for another."))
    is_done = trial.state == "done"
    return TriedView(
        **on_its_way(trial),
        reason=trial.reason,
        message=trial.message,
        preview=_preview(trial, token, now) if is_done and trial.kind == "preview" else None,
        dry_run=DryRunView.model_validate(trial.result) if is_done and trial.kind == "dry_run" else None,
    )


def _preview(trial: Trial, token: ApiToken, now: datetime) -> PreviewView:
    names = ("as_of", "people", "size", "entering", "leaving", "write_units", "overlaps")
    told: dict[str, Any] = {name: trial.result[name] for name in names}
    told["dollars"] = write_dollars(trial.result["write_units"])
    return PreviewView(**told, sample=[*_sample(trial, token, now)])


def _sample(trial: Trial, token: ApiToken, now: datetime) -> Iterator[SampledView]:
    """Those who are still there: who was erased isn't, and who is stopped isn't told of."""
    catalogue, store = CatalogueStore(settings().catalogue_table), profiles()
    others, attributes = catalogue.list(Segment), catalogue.list(ComputedAttribute)
    tried = AsIfLive.of(trial.segment, others, attributes, EventStore(settings().events_table), store)
    left = MOST_READ
    there = store.live(trial.result["sample"])
    tells(app, f"segments.{trial.segment.id}")
    for profile in {there[one].id: there[one] for one in trial.result["sample"] if one in there}.values():
        if profile.stopped:
            continue
        about(app, profile.id)
        size = profile.state.event_count + 10 * len(profile.identifiers)
        has_room = size <= left
        left -= size if has_room else 0
        yield SampledView(profile_id=profile.id, why=_why(tried, profile, token, now) if has_room else None)


def _why(tried: AsIfLive, profile: Profile, token: ApiToken, now: datetime) -> ReasonView:
    found = tried.folded(profile, now)
    hidden = hidden_from(token, consenting(found, now))
    mask = mask_for(token, values_of(found.identifiers.values()))
    show, hides = showing(found, tried.declared, mask), hiding(tried.declared, hidden)
    who = person_of(found, told_standings(found.state, purposes()(), now), now)
    return reason_view(explained(tried.segment, Explaining(tried.segment.zone, tried.declared, show, hides), who))
