"""Rules, declarations, purposes, segments and policy packs as a warm process keeps them: read once a minute."""

from dataclasses import dataclass, field

from shared.domain.computed_attributes import ComputedAttribute
from shared.domain.computing import DECLARED, Declarations, declarations
from shared.domain.identity_rules import DEFAULT_ID, RULES, IdentityRules
from shared.domain.policy_packs import PolicyPack, packs_of, reconfirming
from shared.domain.purposes import NONE_DECLARED, Purpose, Purposes, purposes_of
from shared.domain.segments.definition import Segment
from shared.domain.segments.memberships import NONE_LIVE, Segments, conditions_of, segments_of
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.kept import Kept

_FRESH = 5.0
"""Seconds after which what is kept is read again where a profile shows that others know something newer."""


@dataclass(slots=True)
class KeptRules:
    catalogue: CatalogueStore
    _kept: Kept[str, IdentityRules] = field(init=False)

    def __post_init__(self) -> None:
        self._kept = Kept(lambda rules_id: self.catalogue.find(IdentityRules, rules_id))

    def get(self) -> IdentityRules:
        return self._kept.get(DEFAULT_ID) or RULES

    def fresh(self) -> IdentityRules:
        return self._kept.get(DEFAULT_ID, _FRESH) or RULES


@dataclass(slots=True)
class KeptDeclarations:
    """Of computed attributes and of what segments ask for, made ready once for as long as they are kept."""

    catalogue: CatalogueStore
    _kept: Kept[str, Declarations] = field(init=False)

    def __post_init__(self) -> None:
        self._kept = Kept(lambda _: self._read())

    def _read(self) -> Declarations:
        return declarations(self.catalogue.list(ComputedAttribute), conditions_of(self.catalogue.list(Segment)))

    def get(self) -> Declarations:
        return self._kept.get("") or DECLARED

    def fresh(self) -> Declarations:
        return self._kept.get("", _FRESH) or DECLARED


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
class KeptSegments:
    """Called, it says which segments there are, made ready."""

    catalogue: CatalogueStore
    seconds: float = 60.0
    _kept: Kept[str, Segments] = field(init=False)

    def __post_init__(self) -> None:
        self._kept = Kept(lambda _: self._read(), self.seconds)

    def __call__(self) -> Segments:
        return self._kept.get("") or NONE_LIVE

    def _read(self) -> Segments:
        return segments_of(self.catalogue.list(Segment), declarations(self.catalogue.list(ComputedAttribute)))


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
