"""Where one value of a person comes from: the event that set it, or the declaration by which it is computed."""

from dataclasses import asdict
from datetime import datetime

from functions.read_profiles.views import computed_view, decisions_view, trait_view
from shared.contracts.read import OriginView, ProvenanceView
from shared.domain.computing import Declarations
from shared.domain.masking import Mask
from shared.domain.profiles import Profile
from shared.domain.purposes import Purposes
from shared.domain.standing import standings


def provenance(
    profile: Profile, field: str, declared: Declarations, purposes: Purposes, now: datetime, mask: Mask | None
) -> ProvenanceView | None:
    """Of `traits.<name>`, `consent.<purpose>` or `computed.<id>`; None where the person has no such field."""
    kind, _, name = field.partition(".")
    match kind:
        case "traits" if name in profile.state.traits:
            view = trait_view(name, profile.state.traits[name], mask)
            origin = OriginView(time=view.time, source_id=view.source_id, event=view.event, namespace=None, value=None)
            return ProvenanceView(field=field, value=view.value, origins=[origin], declared=None)
        case "consent" if name in (stands := standings(profile.state.consent, profile.state.links, purposes, now)):
            origins = [
                OriginView(time=one.time, source_id=one.source_id, event=None, namespace=one.namespace, value=one.value)
                for one in decisions_view(profile, purposes.get(name), mask)
            ]
            return ProvenanceView(field=field, value=stands[name].state, origins=origins, declared=None)
        case "computed" if name in declared.by_id:
            value = computed_view(profile, declared, now, mask)[name].value
            return ProvenanceView(field=field, value=value, origins=[], declared=asdict(declared.by_id[name].declared))
    return None
