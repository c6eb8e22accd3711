"""Consent records: what somebody decided, when and with what proof. Appended, and never changed.

They follow ISO/IEC TS 27560. SDKs repeat preferences on every event, so what says the same again adds none.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

from shared.domain.canonical import canonical_of
from shared.domain.consent import Decision, Decisions, later
from shared.domain.consent_signals import MOST_EVIDENCE, Said, heard
from shared.domain.events import Event
from shared.domain.purposes import Purposes
from shared.domain.tcf import MOST_CHARACTERS

EventState = Literal["given", "re-confirmed", "refused", "withdrawn"]
_ANCHOR = 24


class RecordKey(NamedTuple):
    """A record by the identifier that it was given on, the time, and the message id of its event."""

    anchor: str
    time: str
    message_id: str

    @property
    def id(self) -> str:
        """As text that a path can hold."""
        return self.anchor + urlsafe_b64encode(f"{self.time}#{self.message_id}".encode()).decode().rstrip("=")

    @classmethod
    def parse(cls, text: str) -> "RecordKey":
        """The inverse of `id`. ValueError for any other text."""
        anchor, rest = text[:_ANCHOR], text[_ANCHOR:]
        decoded = urlsafe_b64decode(rest.encode("ascii") + b"=" * (-len(rest) % 4)).decode()
        time, _, message_id = decoded.partition("#")
        key = cls(anchor, time, message_id)
        if not (time and message_id) or key.id != text:
            raise ValueError("no id of a consent record")
        return key


class Recorded(NamedTuple):
    """A decision by one signal; `state` as TS 27560 calls its event, `purposes` with their wording as it was then."""

    said: Said
    state: EventState
    purposes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ConsentRecord:
    """All that one event decided. `channel` and `country` are the event's own, `tc_string` is kept as it came."""

    key: RecordKey
    source_id: str
    event: str
    decisions: Mapping[str, Recorded]
    channel: str = ""
    country: str = ""
    tc_string: str = ""
    recorded_at: str = field(default="", compare=False)


def records_of(given: Iterable[Decisions], events: Iterable[Event], purposes: Purposes) -> list[ConsentRecord]:
    """Of events in their order; `given` is what was said before them."""
    stands: dict[str, dict[str, Decision]] = {}
    for decisions in given:
        for anchor, by_signal in decisions.items():
            for signal, decision in by_signal.items():
                _take(stands.setdefault(anchor, {}), signal, decision)
    records: dict[RecordKey, ConsentRecord] = {}
    for event in events:
        if event.anchor is None:
            continue
        kept = stands.setdefault(event.anchor, {})
        found: dict[str, Recorded] = {}
        for signal, said in heard(event.body).decisions.items():
            new = Decision(said.state, event.decided_at, event.message_id, event.source_id, said.expires)
            if _adds(kept.get(signal), new, said):
                found[signal] = Recorded(said, _state(kept.get(signal), new), _listed(signal, said, purposes))
            _take(kept, signal, new)
        if found:
            record = _record(event, event.anchor, found)
            twin = records.get(record.key)  # two events may have one message id, and clamped times that are the same
            records[record.key] = replace(twin, decisions={**twin.decisions, **found}) if twin else record
    return [*records.values()]


def _listed(signal: str, said: Said, purposes: Purposes) -> dict[str, str]:
    """{purpose: its wording, as the client says it was shown, or else as it is}. What is explicit names its purpose,
    though that may not be known here yet.
    """
    declared = (purpose for purpose in purposes.of(signal) if purpose.id in purposes.by_id)
    found = {purpose.id: said.wording or purpose.wording for purpose in declared}
    return found or ({signal.rpartition(":")[2]: said.wording} if said.is_explicit else {})


def _take(kept: dict[str, Decision], signal: str, new: Decision) -> None:
    kept[signal] = later(kept.get(signal), new)


def _adds(kept: Decision | None, new: Decision, said: Said) -> bool:
    """Whether a decision says something else than what stood, or says it explicitly."""
    if kept is None or new == kept:
        return kept is None
    changes = later(kept, new) is new and (kept.state, kept.expires) != (new.state, new.expires)
    return changes or said.is_explicit


def _state(kept: Decision | None, new: Decision) -> EventState:
    was_granted = kept is not None and kept.state == "granted" and kept.time <= new.time
    if new.state == "granted":
        return "re-confirmed" if was_granted else "given"
    return "withdrawn" if was_granted or new.state == "withdrawn" else "refused"


def _record(event: Event, anchor: str, decisions: Mapping[str, Recorded]) -> ConsentRecord:
    canonical = canonical_of(event)
    has_tcf = any(recorded.said.method == "iab_tcf" for recorded in decisions.values())
    return ConsentRecord(
        key=RecordKey(anchor, event.decided_at, event.message_id),
        source_id=event.source_id,
        event=event.key,
        decisions=decisions,
        channel=canonical.channel.name if canonical.channel else "",
        country=((canonical.location and canonical.location.country) or "")[:MOST_EVIDENCE],
        tc_string=event.body["context"]["consent"]["tcf"]["tcString"][:MOST_CHARACTERS] if has_tcf else "",
    )
