"""Routes of one person: as they are known, whole or by sections, and where a value comes from."""

from datetime import UTC, datetime
from functools import cache
from typing import Annotated
from urllib.parse import unquote

from aws_lambda_powertools.event_handler.openapi.params import Query

from functions.read_profiles.masks import mask_for, values_of
from functions.read_profiles.provenance import provenance
from functions.read_profiles.routing import Identifier, app, known, person
from functions.read_profiles.scoping import computed_without, consenting, hidden_from, purposes, without
from functions.read_profiles.settings import settings
from functions.read_profiles.views import profile_view
from shared.api.auditing import tells
from shared.api.lookup import Contested
from shared.api.problems import ProblemError
from shared.api.serving import allow, documented
from shared.contracts.problems import Problem
from shared.contracts.read import SECTIONS, ContestedView, ProfileView, ProvenanceView
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.kept_declarations import KeptDeclarations

_ONE = "|".join(SECTIONS)

ExactIdentifier = Annotated[
    str,
    Query(max_length=600, description="`<namespace>:<value>` or `profile_id:<id>`", examples=["user_id:a?b/events"]),
]
Sections = Annotated[
    str | None,
    Query(
        pattern=f"^({_ONE})(,({_ONE}))*$",
        description=f"Only these parts, with commas between them: {', '.join(SECTIONS)}. Without it all",
        examples=["traits,segments"],
    ),
]
FieldName = Annotated[
    str,
    Query(
        max_length=600,
        pattern=r"^(traits|consent|computed)\..+$",
        description="`traits.<name>`, `consent.<purpose>` or `computed.<id>`",
        examples=["traits.plan"],
    ),
]


@cache
def declared() -> KeptDeclarations:
    return KeptDeclarations(CatalogueStore(settings().catalogue_table))


@app.get(
    "/v1/profiles/<identifier>",
    summary="One person as they are known",
    operation_id="get_profile",
    responses=documented("The person", 400, 401, 403, 404, 503),
)
def get_profile(identifier: Identifier, sections: Sections = None) -> ProfileView | ContestedView:
    """Any identifier finds the person it belongs to now. A device that several people use answers with ids alone.
    Personal data is masked for a token without the scope `profiles:pii`.
    """
    return _profile(unquote(identifier), sections)


@app.get(
    "/v1/profiles",
    summary="The same for an identifier of any characters",
    operation_id="find_profile",
    responses=documented("The person", 400, 401, 403, 404, 503),
)
def find_profile(identifier: ExactIdentifier, sections: Sections = None) -> ProfileView | ContestedView:
    """Gateways decode paths more than once and cut them at a `?`; a query reaches us as it was sent."""
    return _profile(identifier, sections)


def _profile(identifier: str, sections: str | None) -> ProfileView | ContestedView:
    token = allow(app, "profiles:read")
    found = known(identifier)
    if isinstance(found, Contested):
        return ContestedView(profile_id=found.profile_id, contested=True)
    mask = mask_for(token, values_of(found.identifiers.values()))
    wanted = sections.split(",") if sections else SECTIONS
    tells(app, *wanted)
    theirs = consenting(found, datetime.now(UTC))
    hidden = hidden_from(token, theirs)
    return profile_view(without(found, hidden), computed_without(declared().get(), hidden), theirs, mask, wanted)


@app.get(
    "/v1/profiles/<identifier>/provenance",
    summary="Where a value comes from",
    operation_id="get_provenance",
    responses=documented("The value and its origins", 400, 401, 403, 404, 409, 503),
)
def get_provenance(identifier: Identifier, field: FieldName) -> ProvenanceView:
    """The event that set a trait; the decisions that consent follows from; how a computed attribute is declared."""
    token = allow(app, "profiles:read")
    found = person(identifier)
    tells(app, field)
    mask = mask_for(token, values_of(found.identifiers.values()))
    now = datetime.now(UTC)
    hidden = hidden_from(token, consenting(found, now))
    left = computed_without(declared().get(), hidden)
    told = provenance(without(found, hidden), field, left, purposes()(), now, mask)
    if told is None:
        raise ProblemError(Problem.of(404, "field_not_found", f"This person has no {field}.", field="field"))
    return told
