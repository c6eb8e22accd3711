"""Keeps destinations to their rate: which facts may go now, and which wait on the queue for their turn."""

import math
import random
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Lock
from typing import NamedTuple

from functions.deliver.messages import Message
from shared.aws.observability import count
from shared.aws.queues import LONGEST_DELAY_SECONDS, Delayed
from shared.domain.destinations import Destination
from shared.stores.contention import ContentionError
from shared.stores.turn_store import TurnStore

_BUSY_SECONDS = 5


class _Asking(NamedTuple):
    destination: Destination
    has_waited: bool
    turn: "Future[float | None]"


@dataclass(frozen=True, slots=True)
class Line:
    """Facts of a batch ask in threads. Those that ask while another's answer is awaited are asked for together."""

    store: TurnStore
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    _asking: list[_Asking] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def turn(self, message: Message, destination: Destination) -> datetime | None:
        """When the fact may ask again; None where it may go now."""
        if not destination.facts_per_second:
            return None
        own = _Asking(destination, message.turn is not None or message.receives > 1, Future())
        self._asking.append(own)
        with self._lock:
            if not own.turn.done():
                self._answer()
        at = own.turn.result()
        return datetime.fromtimestamp(at, UTC) if at else None

    def _answer(self) -> None:
        together = self._asking[:]
        del self._asking[: len(together)]
        for destination in {one.destination.id: one.destination for one in together}.values():
            own = [one for one in together if one.destination.id == destination.id]
            try:
                turns = self._taken(destination, [one.has_waited for one in own])
            except Exception as error:  # each of them hears of it, or would wait for ever
                for one in own:
                    one.turn.set_exception(error)
                continue
            for one, at in zip(own, turns, strict=True):
                one.turn.set_result(at)

    def _taken(self, destination: Destination, asked: list[bool]) -> list[float | None]:
        """Where nobody can tell, nobody goes: they ask again soon."""
        now = self.now()
        try:
            return self.store.take(destination.id, asked, destination.facts_per_second, now)
        except ContentionError:
            count("TurnsUnknown", len(asked))
            return [now.timestamp() + _BUSY_SECONDS * (1 + random.random()) for _ in asked]  # noqa: S311


def is_early(message: Message, destinations: Iterable[Destination], now: datetime) -> bool:
    """Whether its turn is yet to come: in no line, or in one that is made by the rate as it is."""
    if message.turn is None or message.turn <= now.timestamp():
        return False
    return any(
        one.id == message.destination_id and message.rate in (None, one.facts_per_second) for one in destinations
    )


def in_line(message: Message, destination: Destination, turn: datetime, now: datetime) -> Delayed:
    """The message that brings the fact to this destination alone when its turn comes. This wasn't a try."""
    return _at(turn, now, message, destination, rate=destination.facts_per_second, tries=message.receives - 1)


def tried_again(message: Message, destination: Destination, at: datetime, now: datetime) -> Delayed:
    """The same after a try. It has no turn in line: that is asked for then."""
    return _at(at, now, message, destination, rate=None, tries=message.receives)


def _at(turn: datetime, now: datetime, message: Message, destination: Destination, **more: int | None) -> Delayed:
    return _delayed(message.held_for(destination.id, turn=turn.timestamp(), **more), turn.timestamp(), now)


def on_its_way(message: Message, now: datetime) -> Delayed:
    """It comes again: SQS doesn't keep a message back for long."""
    return _delayed(message.body, message.turn or 0, now)


def _delayed(body: str, turn: float, now: datetime) -> Delayed:
    return Delayed(body, min(max(1, math.ceil(turn - now.timestamp())), LONGEST_DELAY_SECONDS))
