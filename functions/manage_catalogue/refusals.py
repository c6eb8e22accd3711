"""The refusals of the Catalogue API, each a problem that says what to do."""

from collections.abc import Sequence

from shared.api.problems import ProblemError
from shared.contracts.catalogue import FieldProblem, ItemProblem
from shared.contracts.problems import Problem
from shared.domain.catalogue_rules import STILL_REFERENCED
from shared.domain.flaws import Flaw

MOST_SHOWN = 200


def invalid(flaws: Sequence[Flaw]) -> ProblemError:
    """400 with every flaw, or the first MOST_SHOWN; the first one is also the problem's own field and fix."""
    first, shown = flaws[0], flaws[:MOST_SHOWN]
    message = f"{first.field}: {first.message}" if first.field else first.message
    problem = ItemProblem.of(400, "item_invalid", message, field=first.field or None, fix=first.fix)
    return ProblemError(problem.model_copy(update={"problems": [FieldProblem.model_validate(flaw) for flaw in shown]}))


def missing(what: str) -> ProblemError:
    return ProblemError(Problem.of(404, "item_not_found", f"There is no {what}."))


def another_version(what: str, asked: int, present: int) -> ProblemError:
    """409 with the version that is there now. 0: nothing is there, or a new item was asked for."""
    if not present:
        message, fix = f"There is no {what} any more.", "Send no version to make it anew."
    elif not asked:
        message, fix = f"There is a {what} already.", f"Send version {present} to change it, or take another id."
    else:
        message, fix = f"The {what} is at version {present} now.", f"Read it again and send version {present}."
    return ProblemError(
        ItemProblem.of(409, "version_conflict", message, field="version", fix=fix).model_copy(
            update={"version": present}
        )
    )


def still_referenced(what: str, by: Sequence[str]) -> ProblemError:
    message = f"The {what} is in use by {', '.join(by)}."
    fix = "Let them name another one first; revoke API tokens that are bound to it."
    return ProblemError(Problem.of(409, STILL_REFERENCED, message, fix=fix))


def had_members(what: str) -> ProblemError:
    fix = "Set `state: archived`: its id is taken for good."
    return ProblemError(Problem.of(409, "segment_had_members", f"The {what} has or had members.", fix=fix))
