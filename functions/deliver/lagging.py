"""Whether decisions may be on their way that profiles don't know: read late, not read at all, parked or given up."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shared.aws.objects import list_objects
from shared.aws.queues import is_empty
from shared.stores.failed_batches import PREFIX
from shared.stores.kept import Kept
from shared.stores.lag_notes import LagNotes
from shared.stores.waits import Waits

KEPT_SECONDS = 5.0
_LISTED_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Lag:
    """`mappings` are the event source mappings of the streams that store_events and stitch_identities read, `queues`
    their retry queues and the dead letters of these.
    """

    notes: LagNotes
    waits: Waits
    most: timedelta
    bucket: str
    mappings: Sequence[str]
    queues: Sequence[str]

    def kept(self) -> "Kept[str, bool]":
        """The answer, for a few seconds: each delivery asks. To ask for what was given up costs more, so it is kept for
        longer.
        """
        given_up = Kept[str, bool](self._has_given_up, seconds=_LISTED_SECONDS)
        return Kept(lambda _: self._is_behind() or any(map(given_up.get, self.mappings)), seconds=KEPT_SECONDS)

    def _is_behind(self) -> bool:
        now = datetime.now(UTC)
        if max(self.notes.behind(now), self.waits.unreached(now)) > self.most:
            return True
        # A mark without its message is left by who died between the two.
        return self.waits.on_queues(now) > self.most and not all(map(is_empty, self.queues))

    def _has_given_up(self, mapping: str) -> bool:
        return any(True for _ in list_objects(self.bucket, f"{PREFIX}{mapping}/"))
