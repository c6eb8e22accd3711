"""The canonical event: one shape for every source, as it is stored, streamed and folded."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.domain.identifiers import Identifier


@dataclass(frozen=True, slots=True)
class HashedIdentifier:
    """An identifier with its key: the HMAC under which it is stored."""

    identifier: Identifier
    hash: str


@dataclass(frozen=True, slots=True)
class Event:
    """One accepted event. Times are UTC text with milliseconds; `identifiers` is highest first, the anchor at [0].

    `replayed`: it came from quarantine or another store of ours, not from its client.
    """

    pk: str
    sk: str
    source_id: str
    message_id: str
    type: str
    name: str | None
    time: str
    original_time: str | None
    sent_at: str | None
    received_at: str
    stored_at: str
    skewed: bool
    origin: str
    digest: str
    correlation_id: str
    identifiers: tuple[HashedIdentifier, ...]
    body: Mapping[str, Any]
    replayed: bool = False

    @property
    def anchor(self) -> str | None:
        """Hash of the highest identifier, or None for an event that names nobody."""
        return self.identifiers[0].hash if self.identifiers else None

    @property
    def key(self) -> str:
        """The event's key as one text, for provenance and ledgers."""
        return f"{self.pk}|{self.sk}"

    @property
    def decided_at(self) -> str:
        """When what it says of consent was decided: a grant by a clock that is fast outlasts no later withdrawal."""
        return min(self.time, self.received_at)

    @property
    def order(self) -> tuple[str, str]:
        """What last-writer-wins goes by."""
        return (self.time, self.message_id)
