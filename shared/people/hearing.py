"""Refusals are heard at every door: what somebody has just refused holds before the event that says so is folded."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.aws.observability import count
from shared.domain.mapping import Mapped, Mapping, apply
from shared.domain.refusals import Refusal, refusal_of, united
from shared.domain.sources import Source
from shared.domain.times import to_text
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.kept import Kept
from shared.stores.kept_rules import KeptRules
from shared.stores.keys import identifier_hash
from shared.stores.refusal_store import RefusalStore


@dataclass(frozen=True, slots=True)
class Hearing:
    refusals: RefusalStore
    rules: KeptRules
    mappings: Kept[str, Mapping]

    @classmethod
    def through(cls, catalogue: CatalogueStore, profiles_table: str) -> "Hearing":
        mappings = Kept[str, Mapping](lambda mapping_id: catalogue.find(Mapping, mapping_id))
        return cls(RefusalStore(profiles_table), KeptRules(catalogue), mappings)

    def hear(self, source: Source, elements: Iterable[Any], sent_at: str | None, now: datetime, key: str) -> None:
        """Note what these refuse on their anchors, as the source's mapping makes them; `key` is that of identifiers.
        Raises where that can't be done: nothing may be acknowledged then.
        """
        heard = united((identifier_hash(key, one.anchor), one) for one in self._said(source, elements, sent_at, now))
        if heard:
            self.refusals.put(heard, now)
            count("RefusalsHeard", sum(map(len, heard.values())))

    def _said(self, source: Source, elements: Iterable[Any], sent_at: str | None, now: datetime) -> Iterator[Refusal]:
        mapping = self.mappings.get(source.mapping) if source.mapping else None
        naming = self.rules.get().naming
        for element in elements:
            mapped = apply(mapping, element) if mapping else None
            said = mapped.element if isinstance(mapped, Mapped) else element
            if found := refusal_of(said, sent_at, to_text(now), naming):
                yield found
