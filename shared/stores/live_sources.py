"""The sources that may send: what a write key or an id of theirs leads to, kept for a minute in a warm process."""

from shared.domain.sources import STANDARD_DAYS, RetentionClass, Source
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.kept import Kept


class LiveSources:
    """By write key and by id; None for one that is unknown, revoked or disabled."""

    def __init__(self, catalogue: CatalogueStore) -> None:
        self._catalogue = catalogue
        self._by_key = Kept(self._load_by_key)
        self._by_id = Kept(self._load)
        self._classes: Kept[str, RetentionClass] = Kept(lambda class_id: catalogue.find(RetentionClass, class_id))

    def of_write_key(self, write_key: str) -> Source | None:
        return self._by_key.get(write_key) if write_key.isascii() else None  # others are none of ours

    def of_id(self, source_id: str) -> Source | None:
        return self._by_id.get(source_id)

    def retention_days(self, source: Source) -> int:
        """Days that the source's events are kept from now on."""
        found = self._classes.get(source.retention_class)
        return found.days if found else STANDARD_DAYS

    def _load_by_key(self, write_key: str) -> Source | None:
        key = self._catalogue.find_write_key(write_key)
        return self._load(key.source_id) if key and key.state == "live" else None

    def _load(self, source_id: str) -> Source | None:
        source = self._catalogue.find(Source, source_id)
        return source if source and source.state == "live" else None
