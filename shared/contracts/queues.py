"""Messages on the queues. They point at events and never carry one, so a queue holds no personal data."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from shared.contracts.shape import Shape

MOST_KEYS = 100
GATHER = "gather"
"""The errand of a change in bulk."""

MOST_PEOPLE = 20
"""In one message, so that a function is done with it in time."""


class _Message(Shape):
    v: Literal[1] = 1


class _Parked(_Message):
    """`waits_since`: when it was parked, under which the ledger has a mark until it is done."""

    waits_since: str | None = None


class StoreRetry(_Parked):
    """store_events: take these records of one object of the log by arrival again (`indexes` None: all of them), or all
    of a batch that Lambda gave up and left in the bucket.

    With `republish_from` it is a redrive: what is stored already is sent on to stitch_identities too, and facts
    that changed since then are published once more.
    """

    kind: Literal["store"] = "store"
    object: str
    indexes: tuple[int, ...] | None = None
    republish_from: str | None = None


class EventKey(Shape):
    pk: str
    sk: str


class StitchRetry(_Parked):
    """stitch_identities: fold these stored events; with `republish_from`, publish again what changed since then."""

    kind: Literal["stitch"] = "stitch"
    events: tuple[EventKey, ...]
    republish_from: str | None = None


class Rebuild(_Parked):
    """stitch_identities: fold this profile again from its stored events."""

    kind: Literal["rebuild"] = "rebuild"
    profile_id: str
    republish_from: str | None = None


class Reevaluate(_Message):
    """reevaluate_people: time alone may have changed these people at `due`, or shortly before."""

    kind: Literal["reevaluate"] = "reevaluate"
    profile_ids: tuple[str, ...]
    due: str


class JobSlice(_Message):
    """run_jobs: go on with this job."""

    kind: Literal["job"] = "job"
    job_id: str


class TrialAsked(_Message):
    """preview_segments: go about this preview or dry run."""

    kind: Literal["trial"] = "trial"
    trial_id: str


CLOSE = "close"
"""The errand of a destination that was removed."""


class Bulk(Shape):
    """A change in bulk on its way to one destination. `fact` is the message that brought it; `turn` counts from 0, and
    later ones take those who were held until `held_until`; `tally` are numbers by what they count, so far. `tries`:
    how often telling of older files of this turn has failed.
    """

    fact: str
    turn: int = 0
    held_until: str = ""
    tally: dict[str, int] = Field(default={})
    tries: int = 0


class Errand(_Message):
    """deliver: something to do for a destination beside facts; what its kind calls `errand`. `after`, `part` and `name`
    say how far it came; the others which deliveries it is about, or which change in `bulk`.
    """

    errand: str
    destination_id: str
    after: str = ""
    part: int = 0
    name: str = ""
    since: str = ""
    until: str = ""
    status: str = ""
    fact_id: str = ""
    detail_type: str = ""
    bulk: Bulk | None = None


class Farewell(_Message):
    """deliver: a partner was removed, and is to be told so on its bus; `secret_name` was of this one of its name."""

    farewell_to: str
    secret_name: str
    bus: str
    at: str


StitchMessage = TypeAdapter[StitchRetry | Rebuild](Annotated[StitchRetry | Rebuild, Field(discriminator="kind")])


def stitch_retries(
    keys: Iterable[tuple[str, str]], republish_from: str | None = None, waits_since: str | None = None
) -> Iterator[StitchRetry]:
    """Messages for stored events by their (pk, sk)."""
    left = iter(keys)
    while part := tuple(EventKey(pk=pk, sk=sk) for pk, sk in islice(left, MOST_KEYS)):
        yield StitchRetry(events=part, republish_from=republish_from, waits_since=waits_since)


def reevaluations(due: Iterable[tuple[str, str]]) -> Iterator[Reevaluate]:
    """Messages for the ids of profiles by the moment they are due at: those of one second come together."""
    by_second: dict[str, dict[str, str]] = {}
    for moment, profile_id in sorted(due):
        by_second.setdefault(moment[:19], {})[profile_id] = moment
    for people in by_second.values():
        left = iter(people)
        while part := tuple(islice(left, MOST_PEOPLE)):
            yield Reevaluate(profile_ids=part, due=max(people[one] for one in part))
