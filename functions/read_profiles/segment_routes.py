"""The route of a person and a segment: whether they are in it, and why."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from functools import reduce
from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Path

from functions.read_profiles.masks import mask_for, values_of
from functions.read_profiles.profile_routes import declared
from functions.read_profiles.routing import Identifier, app, person
from functions.read_profiles.scoping import computed_without, consenting, hidden_from, purposes, traits_at
from functions.read_profiles.settings import settings
from functions.read_profiles.views import computed_value
from shared.api.auditing import tells
from shared.api.problems import ProblemError
from shared.api.serving import allow, documented
from shared.contracts.problems import Problem
from shared.contracts.segments import MembershipView, reason_view
from shared.domain.computing import Declarations
from shared.domain.consent_deadlines import told_standings
from shared.domain.item_ids import ITEM_ID
from shared.domain.masking import Mask
from shared.domain.profiles import Profile
from shared.domain.segments.definition import Leaf, OfComputed, OfEvents, OfSequence, OfTrait, Segment
from shared.domain.segments.saying import Shown
from shared.domain.segments.trees import definition_hash
from shared.domain.segments.why import Explaining, explained
from shared.domain.told import is_in, person_of
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.job_store import JobStore

SegmentId = Annotated[str, Path(pattern=ITEM_ID, description="A segment's `id`", examples=["bought_once"])]


@app.get(
    "/v1/profiles/<identifier>/segments/<segment_id>",
    summary="Why somebody is in a segment or not",
    operation_id="get_membership",
    responses=documented("Each condition with what it came to", 400, 401, 403, 404, 409, 503),
)
def get_membership(identifier: Identifier, segment_id: SegmentId) -> MembershipView:
    """The conditions as a tree: what each came to for this person, until when that holds by time alone, and what would
    change it.
    """
    token = allow(app, "profiles:read")
    segment = found_segment(segment_id)
    found, now = person(identifier), datetime.now(UTC)
    tells(app, f"segments.{segment_id}")
    hidden = hidden_from(token, consenting(found, now))
    kept, mask = declared().get(), mask_for(token, values_of(found.identifiers.values()))
    explaining = Explaining(segment.zone, kept, showing(found, kept, mask), hiding(kept, hidden))
    who = person_of(found, told_standings(found.state, purposes()(), now), now)
    backfill = JobStore(settings().ledger_table).backfill(segment_id)
    told = found.changes.get(f"segment:{segment_id}")
    return MembershipView(
        profile_id=found.id,
        segment=segment_id,
        state=segment.state,
        version=definition_hash(segment),
        member=told is not None and is_in(told.value),
        arm=told.value.partition(":")[2] if told else "",
        since=told.at if told else "",
        stale=found.declared != kept.digest,
        settling=backfill.id if backfill else "",
        why=reason_view(explained(segment, explaining, who)),
    )


def found_segment(segment_id: str) -> Segment:
    """Raises ProblemError (404)."""
    found = CatalogueStore(settings().catalogue_table).find(Segment, segment_id)
    if found is None:
        raise ProblemError(Problem.of(404, "segment_not_found", f"There is no segment {segment_id}."))
    return found


def hiding(kept: Declarations, hidden: frozenset[str]) -> Callable[[Leaf], bool]:
    """Which conditions tell something of these traits."""
    left = computed_without(kept, hidden).by_id

    def hides(leaf: Leaf) -> bool:
        match leaf:
            case OfTrait():
                return not hidden.isdisjoint({leaf.trait, leaf.trait.partition(".")[0]})
            case OfComputed():
                return leaf.computed in kept.by_id and leaf.computed not in left
            case OfEvents():
                paths = [leaf.property, *(one.property for one in leaf.where)]
            case OfSequence():
                after = leaf.not_then.where if leaf.not_then else ()
                filters = [*(one for step in leaf.sequence for one in step.where), *after]
                paths = [leaf.same, *(one.property for one in filters)]
            case _:
                paths = []
        return not hidden.isdisjoint(traits_at(paths))

    return hides


def showing(profile: Profile, kept: Declarations, mask: Mask | None) -> Shown:
    """How values are told: masked where their traits are."""

    def show(leaf: Leaf, value: Any) -> Any:
        if isinstance(leaf, OfComputed) and leaf.computed in kept.by_id:
            return computed_value(value, kept.by_id[leaf.computed].declared, mask)
        if isinstance(leaf, OfTrait) and mask:
            name, *steps = leaf.trait.split(".")
            trait = profile.state.traits.get(leaf.trait) or profile.state.traits.get(name)
            held = reduce(lambda inner, step: {step: inner}, reversed(steps), value)
            masked = mask.trait(name, held, trait.source_id if trait else "")
            return reduce(lambda outer, step: outer[step], steps, masked)
        if isinstance(value, Decimal):
            return str(value) if isinstance(leaf, OfEvents) and leaf.sum else int(value)
        return value

    return show
