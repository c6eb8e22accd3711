"""Rules, declarations, purposes, segments and policy packs as a warm process keeps them: read once a minute."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from threading import RLock
from typing import TYPE_CHECKING

from shared.domain.computed_attributes import ComputedAttribute
from shared.domain.identity_rules import DEFAULT_ID, RULES, IdentityRules
from shared.domain.policy_packs import PolicyPack, packs_of, reconfirming
from shared.domain.purposes import NONE_DECLARED, Purpose, Purposes, purposes_of
from shared.domain.segments.definition import Segment
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.kept import Kept

if TYPE_CHECKING:
    from shared.domain.computing import Declarations
    from shared.domain.segments.memberships import Segments

_FRESH = 5.0
"""Seconds after which what is kept is read again where a profile shows that others know something newer."""

_LONGER = 65.0
"""Segments are kept a little longer than declarations, so that a batch is folded and told by one reading."""


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


class InForce:
    """Declarations and segments of one reading: nobody is asked for what another reading would have kept of them."""

    def __init__(self, attributes: Iterable[ComputedAttribute], segments: Iterable[Segment]) -> None:
        from shared.domain.computing import declarations  # who reads rules alone starts without these
        from shared.domain.segments.memberships import conditions_of

        self._attributes, self._segments = list(attributes), list(segments)
        self.declared = declarations(self._attributes, conditions_of(self._segments))

    def is_of(self, attributes: Sequence[ComputedAttribute], segments: Sequence[Segment]) -> bool:
        return self._attributes == attributes and self._segments == segments

    @cached_property
    def segments(self) -> "Segments":
        from shared.domain.segments.memberships import segments_of

        return segments_of(self._segments, self.declared)


@dataclass(slots=True)
class KeptDeclarations:
    """Of computed attributes and of what segments ask for, and the segments, made ready once for as long as they are
    the same.
    """

    catalogue: CatalogueStore
    _kept: Kept[str, InForce] = field(init=False)
    _last: InForce | None = None
    _heard_of: int = 0
    _reading: RLock = field(default_factory=RLock)

    def __post_init__(self) -> None:
        self._kept = Kept(lambda _: self._read())

    def _read(self) -> InForce:
        read = list(self.catalogue.list(ComputedAttribute)), list(self.catalogue.list(Segment))
        last = self._last if self._last and self._last.is_of(*read) else InForce(*read)
        self._last = last
        return last

    def _in_force(self, seconds: float | None = None) -> InForce:
        with self._reading:  # one after the other: who began earlier must not end later, with older ones
            return self._kept.get("", seconds) or InForce((), ())

    def get(self) -> "Declarations":
        return self._in_force().declared

    def fresh(self) -> "Declarations":
        return self._in_force(_FRESH).declared

    def segments(self, told_by: int = 0) -> "Segments":
        """Of the same reading as the declarations that were got last. Where somebody was `told_by` newer ones they are
        read again, once: a catalogue that was restored goes back.
        """
        with self._reading:  # by one writer for all: it takes a while
            found = self._in_force(_LONGER)
            if found.segments.version < told_by > self._heard_of:
                self._heard_of = told_by
                found = self._in_force(0.0)
            return found.segments


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
