"""What a sweep of marks reads and asks of AWS, and how many people a core looks at a second, over AWS in memory.

What AWS takes to answer comes on top: the requests are counted for that.
"""

import json
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import reduce
from itertools import islice, starmap
from threading import Lock
from typing import Any, cast

from bench.results import Cell, Table
from functions.reevaluate_people.looking import looked
from functions.reevaluate_people.settings import Doors
from functions.reevaluate_people.sweeping import sweep
from shared.aws import clients
from shared.aws.dynamo import to_attributes
from shared.domain.computing import declarations
from shared.domain.events import Event, HashedIdentifier
from shared.domain.identifiers import Identifier
from shared.domain.profiles import Profile, sealed
from shared.domain.purposes import NONE_DECLARED
from shared.domain.segments.definition import Amount, Condition, Group, OfEvents, OfTrait, Segment, Window
from shared.domain.segments.memberships import conditions_of, segments_of
from shared.domain.state import ProfileState, fold
from shared.domain.times import to_text
from shared.domain.told import Telling
from shared.stores.due_marks import DueMarks, Mark, mark_item
from shared.stores.kept_declarations import KeptDeclarations
from shared.stores.profile_items import profile_item
from shared.stores.profile_store import ProfileStore
from shared.stores.sweep_progress import SweepProgress

NOW = datetime(2026, 11, 22, 14, 58, 30, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 22, 15, tzinfo=UTC)  # in Seoul
PAGE = 10_000

BOUGHT = OfEvents("Order Completed", window=Window("P1D", "calendar"))
WHERE: dict[str, Condition] = {
    "buyers_of_the_day": BOUGHT,
    "big_today": OfEvents(
        "Order Completed", sum=Amount("gte", 50_000), property="total", window=Window("P1D", "calendar")
    ),
    "lapsed": Group("not", (BOUGHT,)),
    "often": OfEvents("Product Added", Amount("gte", 3), window=Window("P30D")),
    "pro_and_fresh": Group("and", (OfTrait("plan", "text", "eq", "pro"), BOUGHT)),
}
SEGMENTS = [Segment(name, name, where, state="live", zone="Asia/Seoul") for name, where in WHERE.items()]
DECLARED = declarations((), conditions_of(SEGMENTS))
TELLING = Telling(segments=segments_of(SEGMENTS, DECLARED))


@dataclass
class Aws:
    """DynamoDB and SQS, as far as they are asked here; `asked` counts requests, and items read."""

    tables: dict[str, dict[str, dict[str, Any]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(dict)))
    asked: Counter[str] = field(default_factory=Counter)
    _lock: Lock = field(default_factory=Lock)

    def count(self, asked: dict[str, int]) -> None:
        with self._lock:
            self.asked.update(asked)

    def query(self, **asked: Any) -> dict[str, Any]:
        """What is left is the key of the last item: nobody looks into it."""
        there = self.tables[asked["TableName"]][asked["ExpressionAttributeValues"][":pk"]["S"]]
        left = asked.get("ExclusiveStartKey") or iter([*there.values()])
        page = [*islice(left, PAGE)]
        self.count({"Query": 1, "items read": len(page)})
        return {"Items": page, **({"LastEvaluatedKey": left} if len(page) == PAGE else {})}

    def batch_get_item(self, RequestItems: Any) -> Any:  # noqa: N803 - boto3's own name
        self.count({"BatchGetItem": 1})
        ((table, asked),) = RequestItems.items()
        found = [self.tables[table][key["pk"]["S"]].get(key["sk"]["S"]) for key in asked["Keys"]]
        return {"Responses": {table: [item for item in found if item]}}

    def batch_write_item(self, RequestItems: Any) -> Any:  # noqa: N803 - boto3's own name
        self.count({"BatchWriteItem": 1})
        ((table, writes),) = RequestItems.items()
        for key in (write["DeleteRequest"]["Key"] for write in writes):
            self.tables[table][key["pk"]["S"]].pop(key["sk"]["S"], None)
        return {}

    def update_item(self, **_: Any) -> Any:
        self.count({"UpdateItem": 1})
        return {"Attributes": {}}

    def put_item(self, **_: Any) -> None:
        self.count({"PutItem": 1})

    def transact_write_items(self, **_: Any) -> None:
        self.count({"TransactWriteItems": 1})

    def send_message_batch(self, Entries: Any, **_: Any) -> Any:  # noqa: N803 - boto3's own name
        people = sum(len(json.loads(one["MessageBody"])["profile_ids"]) for one in Entries)
        self.count({"SendMessageBatch": 1, "messages": len(Entries), "people sent": people})
        return {}

    def put(self, table: str, item: Any) -> None:
        typed = to_attributes(item)
        self.tables[table][item["pk"]][item["sk"]] = typed


class Declared:
    """Stands for what is kept of the catalogue."""

    def get(self) -> Any:
        return DECLARED

    fresh = get


def doors() -> tuple[Aws, Doors]:
    aws = Aws()
    clients._client = lambda _: aws  # type: ignore[assignment]
    profiles = ProfileStore("profiles", "ledger", lambda: NONE_DECLARED, lambda told_by: TELLING.segments)
    kept = cast(KeptDeclarations, Declared())
    return aws, Doors(DueMarks("ledger"), SweepProgress("ledger"), profiles, kept, "queue", "stitch")


def sweeps(is_whole: bool) -> Table:
    sizes = ((1_000, 1_000), (1_000_000, 1_000), (1_000_000, 1_000_000))
    if not is_whole:
        sizes = ((1_000, 1_000), (50_000, 1_000), (50_000, 50_000))
    columns = ("marked", "due", "handed over a second", *_COUNTED)
    return Table("due", "A sweep of who is due at midnight", columns, tuple(starmap(swept, sizes)))


def looks(is_whole: bool) -> Table:
    columns = ("what", "people", "bytes each", "a second", *_COUNTED[3:])
    note = "Five segments; the writes are those of who lapses, with their next mark."
    return Table("looks", "People looked at, as they are due", columns, reevaluated(4_000 if is_whole else 1_000), note)


_COUNTED = (
    "items read",
    "Query",
    "SendMessageBatch",
    "BatchGetItem",
    "BatchWriteItem",
    "PutItem",
    "TransactWriteItems",
)


def swept(people: int, due: int, at: datetime = MIDNIGHT) -> tuple[Cell, ...]:
    """A sweep of `people`, of whom `due` are due at `at`, the others on other days."""
    aws, to = doors()
    for number in range(people):
        moment = at if number < due else at + timedelta(days=1 + number % 30, minutes=number % 1440)
        aws.put("ledger", mark_item(Mark(to_text(moment), f"01KAK3J8V2N5Q0T4W6{number:08d}")))
    start = time.process_time()
    sweep(to, lambda: NOW, lambda: True)
    rate = due / (time.process_time() - start)
    return people, due, round(rate), *(aws.asked[name] for name in _COUNTED)


def person(number: int) -> Profile:
    """Who bought yesterday in Seoul, and put things into a cart for a month."""
    known = [_did("Order Completed", NOW - timedelta(hours=3), number)]
    known += [_did("Product Added", NOW - timedelta(days=day), number) for day in range(10)]
    state = reduce(lambda state, event: fold(state, event, (), DECLARED), known, ProfileState())
    owned = {"h": Identifier("user_id", f"u{number}")}
    made = Profile(f"01KAK3J8V2N5Q0T4W6{number:08d}", identifiers=owned, state=state, declared=DECLARED.digest)
    return sealed(made, NOW, TELLING)


_KNOWN = HashedIdentifier(Identifier("user_id", "u"), "h")


def _did(name: str, at: datetime, number: int) -> Event:
    moment, message = to_text(at), f"{number}-{name}-{at:%d}"
    body = {"type": "track", "event": name, "properties": {"total": 60_000, "currency": "KRW"}}
    times = (moment, moment, None, moment, moment)
    return Event(
        "A#h", f"{moment}#{message}", "src", message, "track", name, *times, False, "o", "d", "c", (_KNOWN,), body
    )


def reevaluated(people: int) -> tuple[tuple[Cell, ...], ...]:
    """At midnight all of them lapse; and again, where nothing is to be told."""
    aws, to = doors()
    made = [person(number) for number in range(people)]
    for one in made:
        aws.put("profiles", profile_item(one, "live", None, None))
    size = sum(len(json.dumps(profile_item(one, "live", None, None), default=str)) for one in made[:100]) // 100
    return tuple(
        (what, people, size, _looked(aws, to, [one.id for one in made], now), *(aws.asked[n] for n in _COUNTED[3:]))
        for what, now in (("told something else", MIDNIGHT), ("nothing to tell", NOW))
    )


def _looked(aws: Aws, to: Doors, people: list[str], now: datetime) -> int:
    aws.asked.clear()
    start = time.process_time()
    for first in range(0, len(people), 200):
        looked(to, people[first : first + 200], now)
    return round(len(people) / (time.process_time() - start))
