"""What still needs an item: others that name it, and API tokens that are bound to it."""

from collections.abc import Iterator
from datetime import datetime

from shared.domain.catalogue import KINDS, Configured
from shared.domain.configuration import ALWAYS_THERE, REFERENCES, called, is_used, kind_of, references, still_needed
from shared.domain.flaws import Flaw
from shared.domain.purposes import Purpose
from shared.domain.times import to_text
from shared.stores.catalogue_store import CatalogueStore


def users_of(item: Configured, catalogue: CatalogueStore, now: datetime) -> list[str]:
    """All of them, as a sentence names them. Without the item what ships is there again."""
    is_left = (kind_of(item), item.id) in ALWAYS_THERE
    named = (called(kind_of(other), other.id) for other in (() if is_left else _naming(item, catalogue)))
    return sorted([*named, *_tokens_of(item, catalogue, now)])


def disabling_flaws(
    item: Configured, present: Configured | None, catalogue: CatalogueStore, now: datetime
) -> Iterator[Flaw]:
    """What is live and would be left with something that isn't."""
    if is_used(item) or not (present is None or is_used(present)):
        return
    for other in _naming(item, catalogue):
        if is_used(other):
            yield still_needed(called(kind_of(other), other.id))
    for token in _tokens_of(item, catalogue, now):
        yield Flaw("state", f"The {token} is bound to it.", "Revoke that one first.")


def _naming(item: Configured, catalogue: CatalogueStore) -> Iterator[Configured]:
    own = kind_of(item), item.id
    for kind, fields in REFERENCES.items():
        for other in catalogue.list(KINDS[kind]) if own[0] in fields.values() else ():
            if any((named, referred) == own for _, named, referred in references(other)):
                yield other


def _tokens_of(item: Configured, catalogue: CatalogueStore, now: datetime) -> Iterator[str]:
    """Those that haven't expired."""
    for hashed, token in catalogue.api_tokens() if isinstance(item, Purpose) else ():
        if item.id in token.purposes and token.expires_at > to_text(now):
            yield f"API token {token.name} ({hashed[:12]})"
