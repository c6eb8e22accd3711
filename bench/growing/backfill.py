"""How fast a backfill of one segment looks at people, in what memory, and how many it writes a second.

AWS is in memory; what it takes to answer comes on top: the requests are counted.
"""

import time
from dataclasses import replace
from typing import Any

from bench.alone import alone
from bench.growing.due import DECLARED, NOW, SEGMENTS, Aws, Declared, person
from bench.growing.due import TELLING as BEFORE
from bench.results import Table
from shared.aws import clients
from shared.aws.dynamo import Segment, to_attributes
from shared.domain.profiles import Profile, sealed
from shared.domain.purposes import NONE_DECLARED
from shared.domain.segments.backfilling import is_concerned
from shared.domain.segments.definition import OfTrait
from shared.domain.segments.definition import Segment as Declaration
from shared.domain.segments.memberships import segments_of
from shared.domain.told import Telling
from shared.domain.traits import Trait
from shared.people.rebuilding import Rebuilder
from shared.people.retelling import Reteller
from shared.stores.event_store import EventStore
from shared.stores.profile_items import profile_item
from shared.stores.profile_scan import ProfileScan
from shared.stores.profile_store import ProfileStore, WriteReason

SMALL, WHOLE = (5_000, 20_000), (40_000, 1_000_000)
TAKEN, PAGE, DISTINCT, PARTS = 1_000, 500, 100, 4
NEW = Declaration("tenth", "One in ten", OfTrait("tenth", "boolean", "eq", True), state="live")
ALL = segments_of([*SEGMENTS, NEW], DECLARED)
TELLING = Telling(segments=ALL)
_COUNTED = ("Scan", "BatchGetItem", "TransactWriteItems", "PutItem")


def backfills(is_whole: bool) -> Table:
    rows = []
    for people in WHOLE if is_whole else SMALL:
        found = alone(looked_at_and_written, people)
        rows.append((people, *found.answer[:3], found.mb, *found.answer[3:]))
    names = ("looked at a second", "concerned", "written a second", "peak MB")
    note = "Six segments, of which one is new and has one in ten. Seconds are those of a core; requests are of it all."
    return Table("backfill", "A backfill of one segment", ("people", *names, *_COUNTED), tuple(rows), note)


class Everybody(Aws):
    """A table of so many people, of whom only a page is made at a time; one in ten is to be in the new segment."""

    def __init__(self, people: int) -> None:
        super().__init__()
        self.people = people
        self.made = [to_attributes(profile_item(_made(number), "live", None, None)) for number in range(DISTINCT)]
        clients._client = lambda _: self  # type: ignore[assignment]

    def scan(self, Segment: int, **asked: Any) -> Any:  # noqa: N803 - boto3's own name
        after = asked.get("ExclusiveStartKey")
        first = int(after["pk"]["S"][-8:]) + PARTS if after else Segment
        numbers = range(first, min(first + PAGE * PARTS, self.people), PARTS)
        self.count({"Scan": 1})
        items = [self.item(number) for number in numbers]
        is_last = not items or numbers[-1] + PARTS >= self.people
        more = {} if is_last else {"LastEvaluatedKey": {name: items[-1][name] for name in ("pk", "sk")}}
        return {"Items": items, "ScannedCount": len(items), **more}

    def item(self, number: int) -> Any:
        return {**self.made[number % DISTINCT], "pk": {"S": f"P#01KAK3J8V2N5Q0T4W6{number:08d}"}}

    def batch_get_item(self, RequestItems: Any) -> Any:  # noqa: N803 - boto3's own name
        self.count({"BatchGetItem": 1})
        ((table, asked),) = RequestItems.items()
        return {"Responses": {table: [self.item(int(key["pk"]["S"][-8:])) for key in asked["Keys"]]}}


def _made(number: int) -> Profile:
    """Told before there was the new segment."""
    one = person(number)
    tenth = {"tenth": Trait(number % 10 == 0, one.updated_at, "m", "k", "s")}
    return sealed(replace(one, state=replace(one.state, traits=tenth)), NOW, BEFORE)


def looked_at_and_written(people: int) -> list[int]:
    """People looked at a second, those concerned, those written a second, and requests."""
    aws = Everybody(people)
    scan, found, looked = ProfileScan("profiles"), list[str](), 0
    start = time.process_time()
    for part in range(PARTS):
        after: Any = None
        while True:
            page, after = scan.whole(Segment(part, PARTS, after))
            found += [p.id for p in page if is_concerned(p, NEW.id, TELLING, NOW)]
            looked += len(page)
            if after is None:
                break
    seconds = time.process_time() - start
    profiles = ProfileStore("profiles", "ledger", lambda: NONE_DECLARED, lambda told_by: ALL)
    reteller = Reteller(Rebuilder(EventStore("events"), profiles, Declared()))
    start = time.process_time()
    for one in found[:TAKEN]:
        reteller.retell(one, NEW.id, WriteReason("rebuild"))
    rate = min(TAKEN, len(found)) / (time.process_time() - start)
    return [round(looked / seconds), len(found), round(rate), *(aws.asked[name] for name in _COUNTED)]
