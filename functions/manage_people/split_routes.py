"""Routes that take people apart: one person by identifiers, or everybody whom a cause brought together."""

from datetime import datetime
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body

from functions.manage_people.job_routes import view
from functions.manage_people.routing import Actor, Identifier, app, described, moment, person, queue_job, writer
from functions.manage_people.settings import doors
from shared.api.auditing import about, only_reads
from shared.api.problems import ProblemError
from shared.contracts.problems import Problem
from shared.contracts.undoing import ChangedConsent, FallenApart, SideView, SplitRequest, SplitView, UndoRequest
from shared.contracts.undoing import UndoView as Undone
from shared.domain.jobs import Job
from shared.domain.masking import masked_text
from shared.domain.profiles import Profile
from shared.domain.splitting import Part, Split, flaw
from shared.domain.standing import StandingState, standings, states
from shared.domain.times import to_text
from shared.domain.undoing import Cause

_EXAMPLES = 10
_SHOWN = 20
_FIXES = {
    "nothing_leaves": "Name identifiers that leave.",
    "not_theirs": "Name identifiers that this person has.",
    "in_two_parts": "Name each identifier once.",
    "processing_stopped": "Their processing is stopped by a privacy request: resume it first.",
    "nobody_stays": "Leave at least one identifier.",
}


@app.post(
    "/v1/profiles/<identifier>/split",
    **described("split_profile", "Take a person apart", 404, 409, status=202, preview="A preview"),
)
def split(identifier: Identifier, body: Annotated[SplitRequest, Body()]) -> tuple[SplitView, int]:
    """Identifiers leave for new profiles, with their events; a cannot-link keeps them apart. A preview answers 200."""
    actor = writer()
    whole = _whole(person(identifier, actor.now).id)
    parts = [[doors().lookup.hash_of(one) for one in part] for part in body.leaving]
    if wrong := flaw(whole, parts):
        raise ProblemError(Problem.of(409, wrong, "This person can't be split so.", fix=_FIXES[wrong]))
    if not body.preview:
        params = {"profile_id": whole.id, "parts": parts, "reason": body.reason}
        return SplitView(job=view(queue_job("split", actor, params, {}))), 202
    only_reads(app)
    planned = tuple(Part(f"new {number}", tuple(part)) for number, part in enumerate(parts))
    sides = doors().splitter.sides(whole, Split("", actor.name, "", whole.id, 0, to_text(actor.now), "split", planned))
    return SplitView(sides=[_side(actor, whole, side) for side in sides]), 200


@app.post(
    "/v1/undo",
    **described("undo", "Take back what a cause brought together", 404, 409, status=202, preview="A preview"),
)
def undo(body: Annotated[UndoRequest, Body()]) -> tuple[Undone, int]:
    """Everybody whom it concerns is split, at the rate asked for. A preview answers 200."""
    actor = writer()
    through = doors().lookup.hash_of(body.through) if body.through else ""
    cause = Cause(moment(body.since, "since"), through, body.rules, body.source, body.merged)
    params = {"cause": {name: getattr(cause, name) for name in Cause.__slots__}, "rate": body.rate}
    if not body.preview:
        return Undone(job=view(queue_job("undo", actor, params, {}))), 202
    return _preview(actor, cause), 200


def _preview(actor: Actor, cause: Cause) -> Undone:
    only_reads(app)
    affected = doors().undoer.affected(cause, actor.now)
    job = Job("", "undo", actor.name, to_text(actor.now))
    examples, after = [], affected.people_after
    for profile_id in affected.ids[: None if affected.is_named else _EXAMPLES]:
        split = doors().undoer.plan(job, profile_id, cause, str)
        after += len(split.parts) if split and affected.is_named else 0
        examples += [_example(actor, split)] if split else []
    return Undone(merges=affected.merges, people=len(affected.ids), people_after=after, examples=examples[:_EXAMPLES])


def _example(actor: Actor, split: Split) -> FallenApart:
    whole = _whole(split.profile_id)
    about(app, whole.id)
    parts = [[_named(actor, whole, hashed) for hashed in part.identifiers[:_SHOWN]] for part in split.parts[:_SHOWN]]
    return FallenApart(profile_id=whole.id, parts=parts)


def _whole(profile_id: str) -> Profile:
    found = doors().profiles.profile(profile_id)
    if found is None:
        raise ProblemError(Problem.of(404, "profile_not_found", "Nobody is known by this identifier."))
    return found


def _named(actor: Actor, profile: Profile, hashed: str) -> str:
    identifier = profile.identifiers[hashed]
    return f"{identifier.namespace}:{identifier.value if actor.sees_values else masked_text(identifier.value)}"


def _consents(profile: Profile, now: datetime) -> dict[str, StandingState]:
    return states(standings(profile.state.consent, profile.state.links, doors().profiles.purposes(), now))


def _side(actor: Actor, whole: Profile, side: Profile) -> SideView:
    had, has = whole.state.traits, side.state.traits
    before, after = _consents(whole, actor.now), _consents(side, actor.now)
    return SideView(
        profile_id=side.id if side.id == whole.id else "",
        identifiers=sorted(_named(actor, side, hashed) for hashed in side.identifiers),
        events=side.state.event_count,
        traits_changed=sorted(n for n, trait in had.items() if n not in has or has[n].value != trait.value),
        consent_changed=[
            ChangedConsent(purpose=purpose, before=state, after=after.get(purpose, "unknown"))
            for purpose, state in before.items()
            if after.get(purpose) != state
        ],
    )
