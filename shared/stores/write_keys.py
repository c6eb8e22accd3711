"""From a write key to its source, kept for a minute in a warm process: keys that lead nowhere too, but few of them."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from shared.domain.catalogue import Source
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.keys import secret_hash

_KEPT_SECONDS = 60.0
_MOST = 1_000


@dataclass(slots=True)
class LiveSources:
    """The sources that may send, by write key and by id; None for one that is unknown, revoked or disabled."""

    catalogue: CatalogueStore
    _kept: dict[str, tuple[float, Source | None]] = field(default_factory=dict)

    def of_write_key(self, write_key: str) -> Source | None:
        if not write_key.isascii():  # no key of ours, and lone surrogates can't be hashed
            return None
        return self._find(f"key {secret_hash(write_key)}", lambda: self._load_by_key(write_key))

    def of_id(self, source_id: str) -> Source | None:
        return self._find(f"id {source_id}", lambda: self._load(source_id))

    def _find(self, name: str, load: Callable[[], Source | None]) -> Source | None:
        kept = self._kept.get(name)
        if kept and time.monotonic() - kept[0] < _KEPT_SECONDS:
            return kept[1]
        found = load()
        self._kept.pop(name, None)
        if len(self._kept) >= _MOST:  # guesses of an attacker must not fill the memory
            del self._kept[next(iter(self._kept))]
        self._kept[name] = (time.monotonic(), found)
        return found

    def _load_by_key(self, write_key: str) -> Source | None:
        key = self.catalogue.find_write_key(write_key)
        return self._load(key.source_id) if key and key.state == "live" else None

    def _load(self, source_id: str) -> Source | None:
        source = self.catalogue.find_source(source_id)
        return source if source and source.state == "live" else None
