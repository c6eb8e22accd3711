"""What was refused, with its bytes, and what became of it when it was sent again."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import Literal, NamedTuple

Ending = Literal["stored", "duplicate", "refused"]
State = Literal["waiting", "sent", "stored", "duplicate", "refused"]

STATES: tuple[State, ...] = ("waiting", "sent", "stored", "duplicate", "refused")
UNKNOWN_SOURCE = "unknown"
"""Where a record lies that could not be decoded, so that nobody knows whose it is."""

_LONGEST_SOURCE = 100
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_ORIGIN = re.compile(r"[!-~]{1,300}")


class EntryId(NamedTuple):
    """Which entry: its text is opaque to users and fits into a path."""

    source_id: str
    received_at: str
    origin: str

    def __str__(self) -> str:
        return urlsafe_b64encode("\n".join(self).encode()).decode().rstrip("=")

    @classmethod
    def parse(cls, text: str) -> "EntryId | None":
        """None for what is no id of ours."""
        try:
            source_id, received_at, origin = urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().split("\n")
        except ValueError:
            return None
        is_ours = 0 < len(source_id) <= _LONGEST_SOURCE and _MOMENT.fullmatch(received_at) and _ORIGIN.fullmatch(origin)
        return cls(source_id, received_at, origin) if is_ours else None


@dataclass(frozen=True, slots=True)
class Quarantined:
    """An entry of quarantine. `body` is the JSON as it came, or the bytes of a record that isn't any; empty in a list.

    `sent_at`, `ip` and `gpc` are what its record said, so that it can be sent again as it was. `replay_of` is the entry
    whose replay was refused as this one; `ending` is how its own last replay ended, `refused_as` the entry it became.
    """

    source_id: str
    received_at: str
    origin: str
    reason: str
    field: str | None
    fix: str
    message_id: str | None
    correlation_id: str
    body: bytes
    quarantined_at: str
    sent_at: str | None = None
    ip: str | None = None
    gpc: bool = False
    replay_of: str | None = None
    replays: int = 0
    replayed_at: str | None = None
    replayed_by: str | None = None
    ending: Ending | None = None
    refused_as: str | None = None

    @property
    def id(self) -> EntryId:
        return EntryId(self.source_id, self.received_at, self.origin)

    @property
    def state(self) -> State:
        return self.ending or ("sent" if self.replays else "waiting")
