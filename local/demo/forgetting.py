"""Somebody asks to be forgotten: erased by e-mail, looked for everywhere, and all that they sent taken in again."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from cli.api import Api, ApiError
from local import aws
from local.demo.counters import DESTINATION, Counters, People
from local.demo.receiver import Receiver
from local.outputs import Outputs
from local.progress import say, step
from local.traces import Stores, stores_of
from shared.aws.queues import send_messages
from shared.contracts.queues import StoreRetry
from shared.domain.times import to_text

T = TypeVar("T")
DUTY_ID = "contracts"
DUTY = {
    "name": "Records of contracts and payments",
    "events": ["Order Completed"],
    "days": 5 * 365,
    "basis": "Act on the Consumer Protection in Electronic Commerce, article 6",
}
"""What Korean law has a shop keep."""

_REQUESTS = "/v1/privacy/requests"
_PATIENCE_SECONDS = 90.0
_ON_THE_RECEIPT = {
    "kept ": "kept by law",
    "ledger D#": "entries of deliveries",
    "ledger A#": "audit log",
    "lake/erasures/": "keys of the erasure",
    "lake/merges/": "map of merges in the lake",
    "lake/moves/": "map of moves in the lake",
    "log/": "log by arrival",
    "outcomes/": "log of outcomes",
}
"""What the places that may still name them begin with, as the receipt calls these."""


@dataclass(frozen=True, slots=True)
class Leaver:
    """What names them and nobody else: identifiers and profile ids."""

    email: str
    orders: int
    profiles: int
    names: tuple[str, ...]


def forget(outputs: Outputs, file: Path, people: People, counters: Counters, receiver: Receiver) -> None:
    """`file` is where the outputs lie, `people` are those who are there."""
    if people.leaver is None:
        say("Nobody here bought, was merged of several visitors, and consented.")
        return
    api, stores = Api(outputs.api_url, outputs.api_token), stores_of(outputs)
    leaver = _leaver(api.get(f"/v1/profiles/user_id:{people.leaver}"))
    say(f"{people.leaver}, who bought {leaver.orders} times and was merged of {leaver.profiles} profiles.")
    logged = _logged(stores, leaver)
    with step("Erase them by e-mail"):
        request_id = _erased(api, leaver.email)
    _tell_receipt(api.get(f"{_REQUESTS}/{request_id}/receipt"), file, receiver)
    say(f"  Their profile: {_status(api, leaver)}")
    with step("Send again what they ever sent"):
        records = _replay(outputs, stores, logged)
    with step("Look for them in every table and object"):
        places = stores.naming(*leaver.names)
    say(f"  {records} records of the log by arrival came in again. Their profile: {_status(api, leaver)}")
    _tell_places(places)
    _add_up(people, counters, receiver)


def _leaver(view: Mapping[str, Any]) -> Leaver:
    values = [one["value"] for one in view["identifiers"]]
    ids = [view["profile_id"], *view["merged_profile_ids"]]
    orders = view["events"]["Order Completed"]["count"]
    return Leaver(view["traits"]["email"]["value"], orders, len(ids), (*values, *ids))


def _erased(api: Api, email: str) -> str:
    """The id of the request, once it has ended."""
    asked = {"kind": "erasure", "identities": [f"email:{email}"], "regulation": "kr"}
    path = f"{_REQUESTS}/{api.post(_REQUESTS, asked)['id']}"
    api.post(f"{path}/verify", {"result": "verified", "method": "email_link"})
    return _until(lambda: path.rpartition("/")[2] if api.get(path)["state"] in ("completed", "failed") else None)


def _tell_receipt(receipt: Mapping[str, Any], file: Path, receiver: Receiver) -> None:
    kept = receipt["kept_by_law"][DUTY_ID]
    answer = receipt["destinations"][DESTINATION]
    remains: dict[str, list[str]] = {}
    for one in receipt["remains"]:
        remains.setdefault(f"until {one['until'][:10]}" if one["until"] else "for good", []).append(one["what"])
    say(f"  found       {_told(receipt['found'])}")
    say(f"  left        {sum(receipt['left'].values())};  suppressed as keyed hashes: {_told(receipt['suppressed'])}")
    say(f"  kept apart  {kept['events']} Order Completed until {_day(kept['until'])}: {kept['basis']}")
    say(f"  webhook     {answer['outcome']}: it gave up {receiver.erased} facts about them")
    for until, what in sorted(remains.items(), key=lambda entry: (entry[0] == "for good", entry[0])):
        say(f"  stays {until}: {', '.join(what)}")
    say(f"  Signed: .venv/bin/jogakbo privacy receipt {receipt['request_id']} --outputs {file}")


def _tell_places(places: Iterable[str]) -> None:
    named = [next((name for start, name in _ON_THE_RECEIPT.items() if one.startswith(start)), "") for one in places]
    told = Counter(name for name in named if name)
    say(f"  Where the receipt says: {_told(told)}. Anywhere else: {named.count('')} places")


def _status(api: Api, leaver: Leaver) -> str:
    try:
        return f"there, {api.get(f'/v1/profiles/email:{leaver.email}')['profile_id']}"
    except ApiError as gone:
        return str(gone.status)


def _logged(stores: Stores, leaver: Leaver) -> list[StoreRetry]:
    """What asks for all records of the log by arrival that name them."""
    found = []
    for key, said in stores.objects("log/"):
        lines = enumerate(said.splitlines())
        if indexes := tuple(n for n, line in lines if any(name in line for name in leaver.names)):
            found.append(StoreRetry(object=key, indexes=indexes))
    return found


def _replay(outputs: Outputs, stores: Stores, logged: Sequence[StoreRetry]) -> int:
    """How many records went through store_events and stitch_identities again, as by `jogakbo redrive`."""
    since = to_text(datetime.now(UTC))
    messages = [one.model_copy(update={"republish_from": since}).model_dump_json() for one in logged]
    with aws.speaking_to(outputs.aws_endpoint_url):
        send_messages(stores.queues["store_retries"], messages)
    _until(lambda: _waiting(stores) == 0 or None)
    return sum(len(one.indexes or ()) for one in logged)


def _waiting(stores: Stores) -> int:
    """Messages that wait for a function, or are with one."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    sqs, urls = stores.client("sqs"), [stores.queues["store_retries"], stores.queues["stitch_retries"]]
    found = (sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"] for url in urls)
    return sum(int(number) for attributes in found for number in attributes.values())


def _add_up(before: People, counters: Counters, receiver: Receiver) -> None:
    people, delivered = counters.people(), counters.deliveries()["delivered"]
    sign = "=" if delivered == len(receiver.ids) else "≠"
    say(
        f"  {before.live:,} people are {people.live:,}, with {before.folded - people.folded:,} events fewer. "
        f"Delivered {delivered:,} {sign} {len(receiver.ids):,} at the webhook, which was told Profile Erased."
    )


def _until(look: Callable[[], T | None]) -> T:
    end = time.monotonic() + _PATIENCE_SECONDS
    while (found := look()) is None:
        if time.monotonic() > end:
            raise TimeoutError(f"not done within {_PATIENCE_SECONDS:.0f} s")
        time.sleep(0.3)
    return found


def _told(numbers: Mapping[str, int]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {number:,}" for name, number in numbers.items() if number) or "nothing"


def _day(epoch: int) -> str:
    return datetime.fromtimestamp(epoch, UTC).date().isoformat()
