"""What every kind of destination is to deliver: which facts it wants, and a way to send one once it may leave.

A kind is a folder: mapping.py says purely what is sent, a client apart sends it. It joins by its entry in kinds.py.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple, Protocol

from shared.contracts.bus import Detail
from shared.contracts.queues import Errand
from shared.domain.destinations import Destination, ListSettings
from shared.domain.facts import DetailType
from shared.domain.gate import Permitted
from shared.domain.lists import Listed, Row
from shared.domain.profiles import Profile


@dataclass(frozen=True, slots=True)
class Parcel:
    """One fact for one destination. `fields` is what it carries of the person, by part; `id` tells a repeat.
    `profile` is who the person is now, for kinds that call people otherwise than we do. `is_again`: by
    a redelivery.
    """

    destination: Destination
    id: str
    detail_type: DetailType
    fact: Detail
    fields: Mapping[str, Any]
    permitted: Permitted
    profile: Profile | None = None
    is_test: bool = False
    is_again: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a try: `refused` is for good. `retry_after` is in seconds."""

    status: Literal["delivered", "refused", "retry"]
    reason: str | None = None
    code: int | None = None
    retry_after: int | None = None


class Lists(Protocol):
    """Where lists are kept: shared.stores.list_store.ListStore."""

    def put(self, list_id: str, profile_id: str, rows: tuple[Row, ...], version: int) -> bool: ...
    def take_off(self, list_id: str, profile_id: str, version: int) -> bool: ...
    def wait(self, list_id: str, settings: ListSettings, now: datetime) -> int | None: ...
    def begin(self, list_id: str) -> None: ...
    def pending(self, list_id: str, most: int) -> list[Listed]: ...
    def told(self, list_id: str, people: Sequence[Listed], now: datetime) -> bool: ...
    def members(self, list_id: str, after: str = "") -> Iterator[Listed]: ...


@dataclass(frozen=True, slots=True)
class Around:
    """What clients are told of where they run. `send` puts an errand on deliver's queue, to come in so many seconds."""

    now: datetime
    lists: Lists
    bucket: str
    send: Callable[[Errand, int], None]
    allow_loopback: bool = False
    partners_role: str = ""


class Line(NamedTuple):
    """A fact in a file of many; `id` as the recipient knows the fact."""

    id: str
    text: str


Send = Callable[[], Answer]
"""Sends it. What is to be known before anything leaves is known by then."""


class Kind(NamedTuple):
    """`wants` is asked of the facts that the destination lists. `ready` gives an answer at once where nothing will be
    sent; it raises where it can't tell yet. `errands` by name: each gives the one that goes on with it; those
    `awaited` are run when a destination goes on after a pause. `line` is what one person's fact is in the file of a
    change in bulk; a kind without it has files of its own, and is told of each person as ever.
    """

    ready: Callable[[Parcel, Around], Send | Answer]
    wants: Callable[[Destination, Detail], bool] = lambda destination, fact: True
    errands: Mapping[str, Callable[[Destination, Errand, Around], Errand | None]] = {}
    awaited: tuple[str, ...] = ()
    line: Callable[[Parcel], Line | Answer] | None = None
