"""Declarations and segments as a warm process keeps them: read once a minute, and made ready together."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from threading import RLock

from shared.domain.computed_attributes import ComputedAttribute
from shared.domain.computing import Declarations, declarations
from shared.domain.segments.definition import Segment
from shared.domain.segments.memberships import Segments, conditions_of, segments_of
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.kept import FRESH, Kept

_LONGER = 65.0
"""Segments are kept a little longer than declarations, so that a batch is folded and told by one reading."""


class InForce:
    """Declarations and segments of one reading: nobody is asked for what another reading would have kept of them."""

    def __init__(self, attributes: Iterable[ComputedAttribute], segments: Iterable[Segment]) -> None:
        self._attributes, self._segments = list(attributes), list(segments)
        self.declared = declarations(self._attributes, conditions_of(self._segments))

    def is_of(self, attributes: Sequence[ComputedAttribute], segments: Sequence[Segment]) -> bool:
        return self._attributes == attributes and self._segments == segments

    @cached_property
    def segments(self) -> Segments:
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

    def get(self) -> Declarations:
        return self._in_force().declared

    def fresh(self) -> Declarations:
        return self._in_force(FRESH).declared

    def segments(self, told_by: int = 0) -> Segments:
        """Of the same reading as the declarations that were got last. Where somebody was `told_by` newer ones they are
        read again, once: a catalogue that was restored goes back.
        """
        with self._reading:  # by one writer for all: it takes a while
            found = self._in_force(_LONGER)
            if found.segments.version < told_by > self._heard_of:
                self._heard_of = told_by
                found = self._in_force(0.0)
            return found.segments
