"""Routes that freeze a person, so that nothing changes them, and unfreeze them."""

from functions.manage_people.routing import Actor, Identifier, app, described, person, writer
from functions.manage_people.settings import doors
from shared.api.problems import ProblemError
from shared.contracts.people import FrozenView
from shared.contracts.problems import Problem
from shared.domain.erasures import is_erasing
from shared.domain.jobs import frozen_by
from shared.domain.profiles import Profile
from shared.stores.catalogue_store import VersionConflictError
from shared.stores.recorded_changes import Action, Change

_TRIES = 5


@app.post(
    "/v1/profiles/<identifier>/freeze", **described("freeze_profile", "Hold up every change of a person", 404, 409)
)
def freeze(identifier: Identifier) -> FrozenView:
    """Their events are stored and wait in the retry queue. Who is frozen stays frozen by whom it was."""
    return _put(identifier, writer(), is_frozen=True)


@app.post("/v1/profiles/<identifier>/unfreeze", **described("unfreeze_profile", "Let a person change again", 404, 409))
def unfreeze(identifier: Identifier) -> FrozenView:
    """What waited is folded within a minute or so."""
    return _put(identifier, writer(), is_frozen=False)


def _put(identifier: str, actor: Actor, *, is_frozen: bool) -> FrozenView:
    for _ in range(_TRIES):
        profile = person(identifier, actor.now)
        if profile.frozen.startswith("job "):
            raise _held(profile)
        if is_erasing(profile.frozen):
            raise ProblemError(Problem.of(409, "being_erased", "This person is being erased."))
        if bool(profile.frozen) == is_frozen:
            return FrozenView(profile_id=profile.id, version=profile.version, frozen=profile.frozen)
        mark, version = frozen_by(actor.name) if is_frozen else "", profile.version + 1
        action: Action = "frozen" if is_frozen else "unfrozen"
        change = Change(actor.name, actor.now, action, before=profile.version, after=version)
        try:
            doors().freezes.put(profile, mark, change)
        except VersionConflictError:
            continue
        return FrozenView(profile_id=profile.id, version=version, frozen=mark)
    message = "Others keep changing this person."
    raise ProblemError(Problem.of(409, "version_conflict", message, fix="Try again."))


def _held(profile: Profile) -> ProblemError:
    job_id = profile.frozen.removeprefix("job ")
    message, fix = f"The job {job_id} holds this person.", f"Wait for it; if it failed: /v1/jobs/{job_id}/resume."
    return ProblemError(Problem.of(409, "frozen_by_job", message, fix=fix))
