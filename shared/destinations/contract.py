"""What every kind of destination is to deliver: which facts it wants, and a way to send one once it may leave.

A kind is a folder: mapping.py says purely what is sent, a client apart sends it. It joins by its entry in kinds.py.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple

from shared.contracts.bus import Detail
from shared.domain.catalogue import Destination
from shared.domain.facts import DetailType
from shared.domain.gate import Permitted
from shared.domain.profiles import Profile


@dataclass(frozen=True, slots=True)
class Parcel:
    """One fact for one destination. `fields` is what it carries of the person, by part; `id` tells a repeat.
    `profile` is who the person is now, for kinds that call people otherwise than we do.
    """

    destination: Destination
    id: str
    detail_type: DetailType
    fact: Detail
    fields: Mapping[str, Any]
    permitted: Permitted
    profile: Profile | None = None
    is_test: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a try: `refused` is for good. `retry_after` is in seconds."""

    status: Literal["delivered", "refused", "retry"]
    reason: str | None = None
    code: int | None = None
    retry_after: int | None = None


@dataclass(frozen=True, slots=True)
class Around:
    """What clients are told of where they run."""

    now: datetime
    allow_loopback: bool = False
    partners_role: str = ""


Send = Callable[[], Answer]
"""Sends it. What is to be known before anything leaves is known by then."""


class Kind(NamedTuple):
    """`wants` is asked of the facts that the destination lists. `ready` gives an answer at once where nothing will be
    sent; it raises where it can't tell yet.
    """

    ready: Callable[[Parcel, Around], Send | Answer]
    wants: Callable[[Destination, Detail], bool] = lambda destination, fact: True
