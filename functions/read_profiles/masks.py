"""Who sees personal data, and the masks for those who don't."""

from collections.abc import Collection, Iterable
from functools import cache

from functions.read_profiles.settings import settings
from shared.domain.api_tokens import ApiToken
from shared.domain.events import Event
from shared.domain.identifiers import Identifier
from shared.domain.masking import Mask
from shared.domain.sources import Source
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.kept import Kept


def mask_for(token: ApiToken, known: Iterable[str]) -> Mask | None:
    """What hides these values and all else that is personal; None for a token that may see it."""
    return None if "profiles:pii" in token.scopes else Mask(frozenset(known), is_sensitive)


def values_of(identifiers: Iterable[Identifier], events: Iterable[Event] = ()) -> Collection[str]:
    """Values of identifiers, those on events among them."""
    return {i.value for i in identifiers} | {i.identifier.value for event in events for i in event.identifiers}


def is_sensitive(source_id: str) -> bool:
    found = _sources().get(source_id)
    return found is not None and found.sensitivity == "sensitive"


@cache
def _sources() -> Kept[str, Source]:
    catalogue = CatalogueStore(settings().catalogue_table)
    return Kept(lambda source_id: catalogue.find(Source, source_id))
