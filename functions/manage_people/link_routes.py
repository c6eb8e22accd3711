"""Routes by which somebody decides on two people: they are one, they are not, they may be one again."""

from collections.abc import Sequence
from typing import Annotated, Literal

from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query

from functions.manage_people.routing import (
    Actor,
    Identifier,
    app,
    described,
    named,
    person,
    queue_job,
    reader,
    writer,
)
from functions.manage_people.settings import doors
from shared.api.auditing import about
from shared.api.problems import ProblemError
from shared.contracts.problems import Problem
from shared.contracts.undoing import (
    DuplicatePageView,
    DuplicateView,
    LinkPageView,
    LinkView,
    MergedView,
    MergeRequest,
)
from shared.domain.identity import STOPPED
from shared.domain.profiles import Profile
from shared.domain.proposals import Proposal
from shared.people.joining import Decider
from shared.stores.cannot_links import CannotLink
from shared.stores.recorded_changes import Change

Id = Annotated[str, Path(pattern=r"^[0-9A-Z~]{26,53}$", description="Its `id`")]
Limit = Annotated[int, Query(ge=1, le=1_000, description="How many at most")]
Cursor = Annotated[str | None, Query(pattern=r"^[0-9A-Z~]{26,53}$", description="`next_cursor` of the page before")]
State = Annotated[Literal["open", "accepted", "rejected"], Query(description="Which")]


@app.post("/v1/profiles/<identifier>/merge", **described("merge_profiles", "Make two people one", 404, 409))
def merge(identifier: Identifier, body: Annotated[MergeRequest, Body()]) -> MergedView:
    """Though limits say no; it can be undone as any merge can. A cannot-link between the two has to be lifted first."""
    actor = writer()
    return _joined(actor, [person(identifier, actor.now), named(body.other, actor.now)], body.reason)


@app.get("/v1/links", **described("list_links", "Cannot-links, newest first"))
def list_links(limit: Limit = 100, cursor: Cursor = None) -> LinkPageView:
    reader()
    found = doors().links.newest(limit + 1, cursor or "")
    return LinkPageView(
        links=[_view(link) for link in found[:limit]], next_cursor=found[limit - 1].id if len(found) > limit else None
    )


@app.post("/v1/links/<link_id>/lift", **described("lift_link", "Let people be one again", 404, 409))
def lift(link_id: Id) -> LinkView:
    """Nobody is merged by that: the next event that names them both does it."""
    actor = writer()
    link = doors().links.find(link_id)
    if link is None:
        raise ProblemError(Problem.of(404, "link_not_found", "There is no such cannot-link."))
    for profile_id in link.profile_ids:
        about(app, profile_id)
    if not link.lifted_at:
        _refuse(_decider(actor).lift(link))
        doors().changes.record("cannot_link", link.id, Change(actor.name, actor.now, "lifted"))
    return _view(doors().links.find(link_id) or link)


@app.get("/v1/duplicates", **described("list_duplicates", "Probable duplicates, the most probable first"))
def list_duplicates(state: State = "open", limit: Limit = 100) -> DuplicatePageView:
    reader()
    found = sorted(doors().proposals.list(state), key=lambda one: (-one.pair.weight, one.pair.id))
    return DuplicatePageView(duplicates=[_duplicate(one) for one in found[:limit]])


@app.post("/v1/duplicates/<pair>/accept", **described("accept_duplicate", "Two profiles are one person", 404, 409))
def accept(pair: Id) -> MergedView:
    """They become one, though limits say no."""
    actor = writer()
    proposal = _open(pair, "accepted")
    first, second = (_profile(one) for one in (proposal.pair.first, proposal.pair.second))
    if first.id == second.id:  # it is repeated, or an event was faster
        doors().proposals.decide(pair, "accepted", actor.name, actor.now)
        gone = proposal.pair.second if first.id == proposal.pair.first else proposal.pair.first
        return MergedView(profile_id=first.id, merged_profile_id=gone)
    done = _joined(actor, [first, second], f"duplicate {pair}")
    doors().proposals.decide(pair, "accepted", actor.name, actor.now)
    return done


@app.post("/v1/duplicates/<pair>/reject", **described("reject_duplicate", "Two profiles are two people", 404, 409))
def reject(pair: Id) -> DuplicateView:
    """A cannot-link with the pair's id keeps them apart from now on."""
    actor = writer()
    proposal = _open(pair, "rejected")
    for profile_id in (proposal.pair.first, proposal.pair.second):
        about(app, profile_id)
    _refuse(_decider(actor).keep_apart([proposal.pair.first, proposal.pair.second], pair, "duplicate_rejected"))
    doors().proposals.decide(pair, "rejected", actor.name, actor.now)
    return _duplicate(doors().proposals.get(pair) or proposal)


def _joined(actor: Actor, people: Sequence[Profile], why: str) -> MergedView:
    found = _decider(actor).join([one.id for one in people], doors().rules.get(), why)
    if isinstance(found, str):
        raise _refused(found)
    if found.was_split:  # what the split took apart counts together again
        queue_job("rebuild", actor, {"profiles": 1, "publish": True, "rate": 1}, {}, [found.id])
    (gone,) = {one.id for one in people} - {found.id}
    return MergedView(profile_id=found.id, merged_profile_id=gone)


def _decider(actor: Actor) -> Decider:
    return Decider(doors().profiles, doors().pointers, doors().links, doors().suppressions, actor.name, actor.now)


def _refuse(reason: str | None) -> None:
    if reason:
        raise _refused(reason)


def _refused(reason: str) -> ProblemError:
    code, _, subject = reason.partition(":")
    fixes = {
        "cannot_link": f"Lift it first: /v1/links/{subject}/lift.",
        "frozen": f"It is frozen: {subject}.",
        "suppressed": "One of them was erased, or is being erased.",
        STOPPED: "The processing of one is stopped by a privacy request: resume it first.",
    }
    message = "This can't be done with these two people."
    return ProblemError(Problem.of(409, code, message, fix=fixes.get(code)))


def _open(pair: str, wanted: str) -> Proposal:
    found = doors().proposals.get(pair)
    if found is None:
        raise ProblemError(Problem.of(404, "duplicate_not_found", "Nobody proposed this pair."))
    if found.state not in ("open", wanted):
        raise ProblemError(Problem.of(409, "decided_otherwise", f"{found.decided_by} has {found.state} it."))
    return found


def _profile(profile_id: str) -> Profile:
    found = doors().profiles.profile(profile_id)
    if found is None:
        raise ProblemError(Problem.of(404, "profile_not_found", "One of the two isn't there any more."))
    about(app, found.id)
    return found


def _view(link: CannotLink) -> LinkView:
    return LinkView(
        **{name: getattr(link, name) for name in LinkView.model_fields if name != "profile_ids"},
        profile_ids=list(link.profile_ids),
    )


def _duplicate(one: Proposal) -> DuplicateView:
    pair = one.pair
    return DuplicateView(
        id=pair.id,
        profile_ids=[pair.first, pair.second],
        probability=pair.probability,
        weight=pair.weight,
        evidence=[evidence._asdict() for evidence in pair.evidence],
        state=one.state,
        decided_by=one.decided_by,
        decided_at=one.decided_at,
    )
