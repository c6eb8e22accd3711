"""The route by which an erased person who opted in again may come in."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body

from functions.manage_privacy.routing import app, described, writer
from functions.manage_privacy.settings import doors
from shared.api.problems import ProblemError
from shared.contracts.privacy import LiftedView, LiftRequest
from shared.contracts.problems import Problem
from shared.domain.identifiers import Identifier, normalise
from shared.domain.times import to_text


@app.post("/v1/privacy/suppressions/lift", **described("lift_suppressions", "Let erased people in again", 413))
def lift_suppressions(body: Annotated[LiftRequest, Body()]) -> LiftedView:
    """What happens from now on under these identifiers comes in again, as of a new person; what happened before stays
    out. It needs the person's new opt-in under each of them.
    """
    actor = writer()
    asked = {text: _identifier(text, f"identifiers.{place}") for place, text in enumerate(body.identifiers)}
    lifted = doors().suppressions.lift(asked.values(), to_text(actor.now), actor.name)
    return LiftedView(lifted=[text for text, one in asked.items() if one in lifted])


def _identifier(text: str, field: str) -> Identifier:
    namespace, _, value = text.partition(":")
    found = normalise(namespace, value, doors().lookup.naming())
    if found is None:
        message, fix = "This names nobody.", "An identifier is written <namespace>:<value>."
        raise ProblemError(Problem.of(400, "identifier_invalid", message, field=field, fix=fix))
    return found
