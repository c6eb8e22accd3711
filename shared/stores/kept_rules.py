"""Identity rules as a warm process keeps them: read once a minute."""

from dataclasses import dataclass, field

from shared.domain.identity_rules import DEFAULT_ID, RULES, IdentityRules
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.kept import FRESH, Kept


@dataclass(slots=True)
class KeptRules:
    catalogue: CatalogueStore
    _kept: Kept[str, IdentityRules] = field(init=False)

    def __post_init__(self) -> None:
        self._kept = Kept(lambda rules_id: self.catalogue.find(IdentityRules, rules_id))

    def get(self) -> IdentityRules:
        return self._kept.get(DEFAULT_ID) or RULES

    def fresh(self) -> IdentityRules:
        return self._kept.get(DEFAULT_ID, FRESH) or RULES
