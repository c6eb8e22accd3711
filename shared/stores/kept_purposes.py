"""Purposes and policy packs as a warm process keeps them: read once a minute."""

from dataclasses import dataclass, field

from shared.domain.policy_packs import PolicyPack, packs_of, reconfirming
from shared.domain.purposes import NONE_DECLARED, Purpose, Purposes, purposes_of
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.kept import Kept


@dataclass(slots=True)
class KeptPurposes:
    """Called, it says which purposes there are, and what policy packs ask of them."""

    catalogue: CatalogueStore
    seconds: float = 60.0
    _kept: Kept[str, Purposes] = field(init=False)

    def __post_init__(self) -> None:
        self._kept = Kept(lambda _: self._read(), self.seconds)

    def __call__(self) -> Purposes:
        return self._kept.get("") or NONE_DECLARED

    def _read(self) -> Purposes:
        packs = packs_of({pack.id: pack for pack in self.catalogue.list(PolicyPack)})
        return purposes_of(self.catalogue.list(Purpose), reconfirming(packs))


@dataclass(slots=True)
class KeptPacks:
    """Called, it says which policy packs there are, by id."""

    catalogue: CatalogueStore
    seconds: float = 60.0
    _kept: Kept[str, dict[str, PolicyPack]] = field(init=False)

    def __post_init__(self) -> None:
        packs = self.catalogue.list
        self._kept = Kept(lambda _: packs_of({pack.id: pack for pack in packs(PolicyPack)}), self.seconds)

    def __call__(self) -> dict[str, PolicyPack]:
        return self._kept.get("") or packs_of({})
