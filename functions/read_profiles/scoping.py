"""What API tokens that are bound to purposes may read: no trait that others need, or that consent withholds."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any

from functions.read_profiles.settings import settings
from shared.domain.api_tokens import ApiToken
from shared.domain.computing import Declarations
from shared.domain.consenting import Consenting
from shared.domain.events import Event
from shared.domain.profiles import Profile
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.kept_purposes import KeptPacks, KeptPurposes


@cache
def purposes() -> KeptPurposes:
    return KeptPurposes(CatalogueStore(settings().catalogue_table))


@cache
def packs() -> KeptPacks:
    return KeptPacks(CatalogueStore(settings().catalogue_table))


def consenting(profile: Profile, now: datetime) -> Consenting:
    return Consenting(profile.state, purposes()(), packs()(), now)


def hidden_from(token: ApiToken, person: Consenting) -> frozenset[str]:
    """Names of the traits that a token may not read of a person; a token without purposes isn't bound."""
    if not token.purposes:
        return frozenset()
    live = person.purposes.by_id.values()
    theirs = {trait for one in live if one.id in token.purposes for trait in one.traits}
    others = {trait for one in live for trait in one.traits} - theirs
    return person.withheld_traits | others


def without(profile: Profile, hidden: frozenset[str]) -> Profile:
    """`profile` without these traits."""
    left = {name: trait for name, trait in profile.state.traits.items() if name not in hidden}
    return replace(profile, state=replace(profile.state, traits=left)) if hidden else profile


def computed_without(declared: Declarations, hidden: frozenset[str]) -> Declarations:
    """Declarations of what isn't computed from these traits."""
    left = {
        one_id: one
        for one_id, one in declared.by_id.items()
        if hidden.isdisjoint(traits_at((one.declared.property, *one.declared.where)))
    }
    return replace(declared, by_id=left) if hidden else declared


def event_without(event: Event, hidden: frozenset[str]) -> Event:
    """`event` without these traits, wherever it says them."""
    if not hidden:
        return event
    body = _left(event.body, hidden)
    context = body.get("context")
    return replace(event, body={**body, "context": _left(context, hidden)} if isinstance(context, Mapping) else body)


def _left(holder: Mapping[str, Any], hidden: frozenset[str]) -> dict[str, Any]:
    traits = holder.get("traits")
    if not isinstance(traits, Mapping):
        return dict(holder)
    return {**holder, "traits": {name: value for name, value in traits.items() if name not in hidden}}


def traits_at(paths: Iterable[str]) -> frozenset[str]:
    """The traits that paths of an event lead to."""
    steps = (path.removeprefix("context.").split(".") for path in paths)
    return frozenset(rest[0] for first, *rest in steps if first == "traits" and rest)
