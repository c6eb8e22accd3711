"""Gathers who a change in bulk is about, for one destination: part by part, then it is told of the files."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

from functions.deliver.bulk_files import lines_key
from functions.deliver.bulk_parts import Asked, Part, part_of
from functions.deliver.courier import Courier
from shared.aws.objects import put_object
from shared.aws.queues import LONGEST_DELAY_SECONDS
from shared.contracts.bus import Envelope, Gathered, SegmentChangedInBulk
from shared.contracts.queues import Bulk, Errand
from shared.destinations.bulk_lines import body_of
from shared.destinations.contract import Around
from shared.destinations.kinds import KINDS
from shared.domain.destinations import Destination
from shared.domain.gate import ASKED_AGAIN
from shared.domain.times import from_text, to_text
from shared.stores.job_store import JobStore
from shared.stores.suppression_store import SuppressionStore

PEOPLE_A_PART = 1_000
_AT_ONCE = 32
_HELD = "held:"


@dataclass(frozen=True, slots=True)
class Gatherer:
    """`people` are found where their job wrote them down; `send` puts bodies of messages on deliver's own queue."""

    courier: Courier
    suppressions: SuppressionStore
    people: JobStore
    send: Callable[[list[str]], None]

    def gather(self, destination: Destination, errand: Errand, around: Around) -> Errand | None:
        """Write the next part; the errand that goes on with it. Done again it writes the same part anew."""
        if errand.bulk is None:
            return None
        if until := self._waits(errand, around.now):
            seconds = max(1, round((until - around.now).total_seconds()))
            around.send(errand, min(seconds, LONGEST_DELAY_SECONDS))
            return None
        fact, bulk = _fact_of(errand.bulk), errand.bulk
        aside = f"{fact.metadata.id}#{destination.id}"
        ids = self.people.people(aside if bulk.turn else fact.data.job_id, PEOPLE_A_PART, errand.after, bulk.turn)
        key = lines_key(destination.id, fact, bulk.turn, errand.part)
        is_again = bool(json.loads(bulk.fact).get("redelivery"))
        part = self._written(Asked(destination, fact, key, is_again, around), ids)
        self.people.add_people(aside, part.held, around.now, bulk.turn + 1)
        bulk = _with(bulk, part)
        if len(ids) == PEOPLE_A_PART:
            return errand.model_copy(update={"after": ids[-1], "part": errand.part + 1, "bulk": bulk})
        return self._ended(errand.model_copy(update={"bulk": bulk}), bulk)

    def _waits(self, errand: Errand, now: datetime) -> datetime | None:
        """Until when nobody is asked: in the night of those who were held, and while the pipeline is behind."""
        if errand.until > to_text(now):
            return from_text(errand.until)
        return now + ASKED_AGAIN if self.courier.is_behind() else None

    def _written(self, asked: Asked, ids: Sequence[str]) -> Part:
        """Who is erased while it is written is looked for afterwards: either they are found here, and left out, or the
        erasure finds the file.
        """
        while True:
            part = part_of(self.courier, self.suppressions, asked, ids)
            self.courier.audit.append(*part.entries)
            if KINDS[asked.destination.kind].line:
                put_object(asked.around.bucket, asked.key, body_of(part.lines))
            with ThreadPoolExecutor(_AT_ONCE) as pool:
                list(pool.map(lambda send: send(), part.sends))
            if not self.suppressions.any_of(part.told, to_text(datetime.now(UTC))):
                return part

    def _ended(self, errand: Errand, bulk: Bulk) -> Errand | None:
        """Tell the destination of the turn's files. Of a later turn in which all were held again there are none."""
        if not bulk.turn or any(not name.startswith(_HELD) for name in bulk.tally):
            at = to_text(datetime.now(UTC))
            gathered = Gathered(turn=bulk.turn, parts=errand.part + 1, tally=bulk.tally, at=at)
            more = {"gathered": gathered.model_dump(), "tries": bulk.tries}
            self.send([json.dumps({**json.loads(bulk.fact), **more})])
        if not bulk.held_until:
            return None
        following = Bulk(fact=bulk.fact, turn=bulk.turn + 1)
        return errand.model_copy(update={"after": "", "part": 0, "until": bulk.held_until, "bulk": following})


def _with(bulk: Bulk, part: Part) -> Bulk:
    tally = dict(Counter(bulk.tally) + part.tally)
    return bulk.model_copy(update={"held_until": max([bulk.held_until, *part.held.values()]), "tally": tally})


def _fact_of(bulk: Bulk) -> SegmentChangedInBulk:
    fact = Envelope.model_validate_json(bulk.fact).fact()
    if not isinstance(fact, SegmentChangedInBulk):
        raise TypeError(type(fact).__name__)
    return fact
