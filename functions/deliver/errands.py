"""Errands of every destination, beside facts: what was held is let go, what was delivered goes again."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from shared.aws.observability import count, logger
from shared.aws.queues import LONGEST_DELAY_SECONDS
from shared.contracts.bus import DETAILS
from shared.contracts.queues import CLOSE, GATHER, Errand
from shared.contracts.samples import NOBODY, sample_fact, sample_fields, sample_files
from shared.destinations.contract import Answer, Around, Parcel
from shared.destinations.kinds import KINDS
from shared.domain.bulk import BULK
from shared.domain.destinations import Destination
from shared.domain.gate import IDS_ALONE, Permitted
from shared.domain.times import to_text
from shared.stores.delivery_store import Asked, Delivery, DeliveryStore, Status

READ_AT_ONCE = 500
ERRAND_MILLISECONDS = 30_000
"""More than any errand takes."""

REMOVED = "destination_removed"


@dataclass(frozen=True, slots=True)
class Errands:
    """`send` puts bodies of messages on deliver's own queue. Done again from its beginning, an errand changes nothing
    more: what has ended by it is left alone.
    """

    deliveries: DeliveryStore
    send: Callable[[list[str]], None]
    around: Callable[[], Around]
    is_gone: Callable[[str], bool]
    gather: Callable[[Destination, Errand, Around], Errand | None]
    is_held: Callable[[], bool]
    live: Callable[[], Iterable[Destination]]

    def run_all(self, errands: Mapping[str, Errand], context: Any) -> Iterator[str]:
        """The ids of those that broke off: they come again. What time doesn't suffice for comes as a new message: one
        that is cut short would go on twice.
        """
        for message_id, errand in errands.items():
            try:
                has_time = context is None or context.get_remaining_time_in_millis() > ERRAND_MILLISECONDS
                destination = next((one for one in self.live() if one.id == errand.destination_id), None)
                if left := self.run(destination, errand) if has_time else errand:
                    self.around().send(left, 0)
            except Exception:  # another's errand goes on
                logger().exception("An errand broke off", extra={"destination_id": errand.destination_id})
                count("ErrandsFailed")
                yield message_id

    def run(self, destination: Destination | None, errand: Errand) -> Errand | None:
        """The errand that goes on with it. While all is held, and of a paused destination, nothing is sent: it is told
        again when they go on.
        """
        if destination is None or errand.errand == CLOSE:
            return self._close(errand) if errand.errand == CLOSE and self.is_gone(errand.destination_id) else None
        is_held = self.is_held()
        if errand.errand == "test" and not is_held:
            self._test(destination, errand)
            return None
        if is_held or destination.state == "paused":
            self._put_off(errand)
            return None
        if errand.errand == GATHER:
            return self.gather(destination, errand, self.around())
        own = {"release": self._release, "redeliver": self._redeliver}.get(errand.errand)
        if own:
            return own(destination, errand)
        do = KINDS[destination.kind].errands.get(errand.errand)
        return do(destination, errand, self.around()) if do else None

    def _put_off(self, errand: Errand) -> None:
        """A change in bulk is held by its fact, and begins anew; in later turns that has ended, so the errand waits."""
        if errand.bulk and errand.bulk.turn:
            self.around().send(errand, LONGEST_DELAY_SECONDS)
        elif errand.bulk:
            self.send([errand.bulk.fact])

    def _release(self, destination: Destination, errand: Errand) -> Errand | None:
        if not errand.after:
            for name in KINDS[destination.kind].awaited:
                self.send([Errand(errand=name, destination_id=destination.id).model_dump_json()])
        return self._again(destination, errand, lambda at, one: one.status == "held" and one.until is None, {})

    def _redeliver(self, destination: Destination, errand: Errand) -> Errand | None:
        asked = Asked(errand.fact_id, errand.since, errand.until, errand.status)
        return self._again(destination, errand, asked.has, {"redelivery": errand.name})

    def _close(self, errand: Errand) -> Errand | None:
        """What was held for a destination that was removed ends."""
        found = self.deliveries.of_destination(errand.destination_id, errand.after, READ_AT_ONCE + 1)
        read = [*islice(found, READ_AT_ONCE)]
        for _, one in read:
            if one.status == "held":
                ended = replace(one, status="refused", reason=REMOVED, until=None)
                self.deliveries.put(ended, self.around().now)
        return _next(errand, read)

    def _test(self, destination: Destination, errand: Errand) -> None:
        """A sample of nobody goes by the real client, and the ledger says what came of it. It isn't tried again."""
        around = self.around()
        detail_type = next(known for known in DETAILS if known == errand.detail_type)
        at = to_text(around.now)
        fields = sample_files(at) if detail_type == BULK else sample_fields(destination)
        permitted = IDS_ALONE if detail_type == BULK else Permitted()
        fact = sample_fact(detail_type, errand.name, at)
        parcel = Parcel(destination, errand.name, detail_type, fact, fields, permitted, is_test=True)
        try:
            found = KINDS[destination.kind].ready(parcel, around)
            answer = found if isinstance(found, Answer) else found()
        except Exception:  # that it breaks is what the test was for
            logger().exception("A test broke off", extra={"destination_id": destination.id})
            answer = Answer("retry", "error")
        status: Status = "failed" if answer.status == "retry" else answer.status
        ended = Delivery(destination.id, errand.name, status, 1, NOBODY, detail_type, answer.reason, answer.code)
        self.deliveries.put(ended, around.now)

    def _again(
        self,
        destination: Destination,
        errand: Errand,
        is_asked: Callable[[str, Delivery], bool],
        marks: Mapping[str, str],
    ) -> Errand | None:
        """Facts of the ledger on their way to this destination alone, some at a time."""
        found = self.deliveries.of_destination(destination.id, errand.after, READ_AT_ONCE + 1)
        read = [*islice(found, READ_AT_ONCE)]
        facts = [json.loads(one.fact) for at, one in read if one.fact and is_asked(at, one)]
        self.send([json.dumps({**fact, "destination_id": destination.id, **marks}) for fact in facts])
        return _next(errand, read)


def _next(errand: Errand, read: Sequence[tuple[str, Delivery]]) -> Errand | None:
    """What goes on behind these, where there may be more."""
    return errand.model_copy(update={"after": read[-1][1].fact_id}) if len(read) == READ_AT_ONCE else None
