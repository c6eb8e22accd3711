"""The route of lineage: where a person's data lie and went, whole or for one field."""

from datetime import UTC, datetime
from functools import cache
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query

from functions.read_profiles.identity_routes import decisions
from functions.read_profiles.lineage import Lineage
from functions.read_profiles.masks import mask_for, values_of
from functions.read_profiles.profile_routes import declared
from functions.read_profiles.provenance import provenance
from functions.read_profiles.routing import Identifier, app, audit_log, person, profiles
from functions.read_profiles.scoping import purposes
from functions.read_profiles.settings import settings
from functions.read_profiles.views import shown
from shared.api.auditing import tells
from shared.api.problems import ProblemError
from shared.api.serving import allow, documented
from shared.contracts.lineage import FieldLineageView, LineageView
from shared.contracts.problems import Problem
from shared.contracts.read import OriginView
from shared.domain.masking import Mask
from shared.domain.profiles import Profile
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.event_store import EventStore
from shared.stores.held_items import HeldItems

Field = Annotated[
    str | None,
    Query(
        max_length=600,
        pattern=r"^(traits|identifiers|consent|computed)\..+$",
        description="Of one field: `traits.<name>`, `identifiers.<namespace>`, `consent.<purpose>` or `computed.<id>`",
        examples=["traits.city"],
    ),
]


@cache
def lineage() -> Lineage:
    known = settings()
    events, items = EventStore(known.events_table), HeldItems(known.profiles_table, known.ledger_table)
    return Lineage(events, profiles(), items, audit_log(), CatalogueStore(known.catalogue_table))


@app.get(
    "/v1/profiles/<identifier>/lineage",
    summary="Where a person's data lie, and where they went",
    operation_id="get_lineage",
    responses=documented("The lineage", 400, 401, 403, 404, 409, 503),
)
def get_lineage(identifier: Identifier, field: Field = None) -> LineageView | FieldLineageView:
    """Every store with how much it has, since when and until when; every destination with what it was given, when and
    what for, from the audit log. Of one field: the events that it came from, and whom it went to.
    """
    token = allow(app, "audit:read")
    found, now = person(identifier), datetime.now(UTC)
    tells(app, field or "lineage")
    if field is None:
        return lineage().of_person(found, now)
    origins = _origins(found, field, now, mask_for(token, values_of(found.identifiers.values())))
    if origins is None:
        raise ProblemError(Problem.of(404, "field_not_found", f"This person has no {field}.", field="field"))
    return lineage().of_field(found, field, origins, purposes()())


def _origins(found: Profile, field: str, now: datetime, mask: Mask | None) -> list[OriginView] | None:
    kind, _, name = field.partition(".")
    if kind != "identifiers":
        told = provenance(found, field, declared().get(), purposes()(), now, mask)
        return told.origins if told else None
    return _of_identifiers(found, name, mask) or None


def _of_identifiers(found: Profile, namespace: str, mask: Mask | None) -> list[OriginView]:
    """The events by which identifiers of a namespace became the person's."""
    held = {hashed: one for hashed, one in found.identifiers.items() if one.namespace == namespace}
    owned = profiles().ownerships(held)
    keys = {hashed: (one.periods[-1].profile_id, one.periods[-1].entry) for hashed, one in owned.items()}
    came = decisions().get(keys.values())
    return [
        OriginView(
            time=came[key].first,
            source_id=came[key].source_id,
            event=came[key].event,
            namespace=namespace,
            value=shown(held[hashed].value, mask),
        )
        for hashed, key in keys.items()
        if key in came
    ]
