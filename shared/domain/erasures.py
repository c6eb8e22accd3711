"""Erasure: who is taken out of every store, and what of identifiers that others had too is theirs."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from shared.domain.identifiers import Identifier
from shared.domain.identity import Ownership, owner
from shared.domain.suppression import HOLDS
from shared.domain.times import from_text, to_text

NOBODY = "erased"
"""Stands in what is kept about others where an erased person's id, or the hash of an identifier, stood."""

_MARK = "erasure "


def frozen_for(request_id: str) -> str:
    """What a person who is being erased is frozen by."""
    return f"{_MARK}{request_id}"


def erased_by(frozen: str) -> str:
    """The request that somebody is frozen by, empty where it is no erasure."""
    return frozen.removeprefix(_MARK) if is_erasing(frozen) else ""


def is_erasing(frozen: str) -> bool:
    return frozen.startswith(_MARK)


@dataclass(frozen=True, slots=True)
class Person:
    """`profile_ids`: all ids that stand for them, of merged profiles too. `ownerships`: their identifiers by hash, as
    they were when they were found; one that nobody has owned yet has no period.
    """

    profile_ids: frozenset[str] = frozenset()
    ownerships: Mapping[str, Ownership] = field(default_factory=dict)

    @property
    def identifiers(self) -> list[Identifier]:
        """Those that nobody else ever had."""
        return [self.ownerships[hashed].identifier.identifier for hashed in sorted(self.whole)]

    @property
    def whole(self) -> frozenset[str]:
        """Hashes of identifiers that nobody else ever had: all that lies under them is theirs."""
        return frozenset(hashed for hashed, one in self.ownerships.items() if self._is_whole(one))

    @property
    def shared(self) -> frozenset[str]:
        return frozenset(self.ownerships) - self.whole

    def owns(self, hashed: str, time: str) -> bool:
        """Whether an identifier was theirs at an event time."""
        one = self.ownerships.get(hashed)
        return one is not None and (self._is_whole(one) or owner(one.periods, time) in self.profile_ids)

    def until(self, hashed: str, now: str) -> str:
        """The event time up to which events under an identifier must not come in again. Of a contested device that is
        the end of their period: it is other people's too.
        """
        one = self.ownerships[hashed]
        if self._is_whole(one):
            return HOLDS
        last = max(n for n, period in enumerate(one.periods) if period.profile_id in self.profile_ids)
        if last + 1 < len(one.periods):
            return to_text(from_text(one.periods[last + 1].since) - timedelta(milliseconds=1))
        return now if one.contested else HOLDS

    def names(self) -> list[str]:
        """Every id and hash that leads to them, longest first, so that none is cut."""
        return sorted({*self.profile_ids, *self.whole}, key=len, reverse=True)

    def stand_ins(self, hashed: str = "") -> dict[str, str]:
        """What takes the place of each name, in what is kept about a shared device of this hash or about anything else.
        Who had a device at last is followed by somebody new, of this device alone: whoever comes by it from now on must
        not become one with those on other devices.
        """
        last = self.ownerships[hashed].periods[-1].profile_id if hashed in self.shared else ""
        return {name: _successor(name, hashed) if name == last else NOBODY for name in self.names()}

    def _is_whole(self, one: Ownership) -> bool:
        return not one.contested and all(period.profile_id in self.profile_ids for period in one.periods)


def left_of(person: Person, ownership: Ownership) -> Ownership | None:
    """What is to be stored of an identifier when they are gone: nothing, or what was others', in periods as before."""
    if ownership.identifier.hash in person.whole:
        return None
    stand_ins = person.stand_ins(ownership.identifier.hash)
    periods = tuple(
        period._replace(profile_id=stand_ins.get(period.profile_id, period.profile_id)) for period in ownership.periods
    )
    return Ownership(ownership.identifier, periods, ownership.contested, ownership.decisions)


def without_names(text: str, stand_ins: Mapping[str, str]) -> str:
    for name, other in stand_ins.items():
        text = text.replace(name, other)
    return text


def _successor(profile_id: str, hashed: str) -> str:
    """An id of nobody yet, of the form of any, and the same each time it is asked for."""
    return "0" + hashlib.sha256(f"after {profile_id} on {hashed}".encode()).hexdigest()[:25].upper()


def named_in(text: str, names: Iterable[str]) -> bool:
    return any(name in text for name in names)
