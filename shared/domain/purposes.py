"""Purposes: what a company wants to use people's data for, and which signals of clients decide on each."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, ClassVar, Literal

from shared.domain.consent import is_category
from shared.domain.strict import Flag, Whole

Channel = Literal["", "email", "sms", "push", "phone", "ads", "site"]
Basis = Literal[
    "consent", "contract", "legal_obligation", "vital_interests", "public_task", "legitimate_interests"
]  # fmt: skip
Default = Literal["opt_in", "opt_out"]

UNASKED = frozenset({"contract", "legal_obligation", "vital_interests"})
"""Bases on which nobody is asked, and which no refusal ends."""

MOST_MONTHS = 120


@dataclass(frozen=True, slots=True)
class Purpose:
    """`name` and `text` by language; `wording` is the version of the text. Without a decision an `opt_in` purpose is
    not permitted and an `opt_out` one is; `defaults` says otherwise by policy pack.

    `signals`: what clients say that decides on it, beside its own id: `Advertising` (a category of Segment's),
    `rudder:C0003`, `google:ad_storage`, `tcf:3`, `gpc`. A grant holds for `valid_months`, 0 for ever, and is to be
    confirmed again after `reconfirm_months`. `traits` are those that leave only where it is permitted.
    """

    id: str
    name: Mapping[str, str]
    text: Mapping[str, str] = field(default_factory=dict)
    wording: str = "1"
    channel: Channel = ""
    basis: Basis = "consent"
    default: Default = "opt_in"
    defaults: Mapping[str, Default] = field(default_factory=dict)
    is_advertising: Flag = False
    valid_months: Whole = 0
    reconfirm_months: Whole = 0
    signals: tuple[str, ...] = ()
    traits: tuple[str, ...] = ()
    state: Literal["live", "disabled"] = "live"
    version: int = 0

    KIND: ClassVar[str] = "purpose"
    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    @property
    def decided_by(self) -> frozenset[str]:
        """Every signal that decides on it."""
        return frozenset((self.id, guardian_signal(self.id), *self.signals))

    @property
    def has_categories(self) -> bool:
        """Whether categories decide on it; without signals its id is one."""
        return any(map(is_category, self.signals or (self.id,)))


def guardian_signal(purpose_id: str) -> str:
    """By which a guardian decides."""
    return f"guardian:{purpose_id}"


@dataclass(frozen=True, slots=True)
class Purposes:
    """All that are live. What a signal decides on that no purpose lists is a purpose of its own name, opt-in.

    `closed`: traits of purposes that are disabled, which permit nothing.
    `reconfirm`: by country, and under the empty text for all others, after how many months a policy pack asks for
    consent to advertising again.
    """

    by_id: Mapping[str, Purpose] = field(default_factory=dict)
    by_signal: Mapping[str, tuple[Purpose, ...]] = field(default_factory=dict)
    reconfirm: Mapping[str, int] = field(default_factory=dict)
    closed: frozenset[str] = frozenset()

    def months_for(self, country: str) -> int:
        """0 where no policy pack asks again."""
        return self.reconfirm.get(country, self.reconfirm.get("", 0))

    def of(self, signal: str) -> tuple[Purpose, ...]:
        """Those on which a signal decides."""
        return self.by_signal.get(signal) or (undeclared(signal),)

    def get(self, purpose_id: str) -> Purpose:
        return self.by_id.get(purpose_id) or undeclared(purpose_id)


def undeclared(purpose_id: str) -> Purpose:
    """A purpose that a signal alone speaks of: nothing is permitted for it but by a grant."""
    return Purpose(purpose_id, {})


def purposes_of(items: Iterable[Purpose], reconfirm: Mapping[str, int] = MappingProxyType({})) -> Purposes:
    """Ready to be asked."""
    known = [*items]
    live = {one.id: one for one in known if one.state == "live"}
    closed = frozenset(trait for one in known if one.id not in live for trait in one.traits)
    by_signal: dict[str, list[Purpose]] = {}
    for one in live.values():
        for signal in one.decided_by:
            by_signal.setdefault(signal, []).append(one)
    return Purposes(live, {signal: tuple(found) for signal, found in by_signal.items()}, reconfirm, closed)


def choice_of(live: Iterable[str]) -> str:
    """What to do about a purpose that isn't among these, in a sentence."""
    known = ", ".join(sorted(live))
    return f"One of: {known}." if known else "Declare it first: `jogakbo apply`."


def bases_of(named: Iterable[str], purposes: Purposes) -> tuple[str, ...]:
    """The lawful bases of these purposes, each once."""
    return tuple(dict.fromkeys(purposes.get(purpose).basis for purpose in named))


NONE_DECLARED = Purposes()
