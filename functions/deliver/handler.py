"""deliver: the only way out of the account. Facts come from a queue and go to each destination that lists them."""

import random
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from functions.deliver.backoff import delay, hide
from functions.deliver.courier import OVER_RATE, Courier, Outcome
from functions.deliver.errands import Errands
from functions.deliver.farewells import Farewells
from functions.deliver.flowing import count_flows
from functions.deliver.gathering import Gatherer
from functions.deliver.lagging import Lag
from functions.deliver.lining import Line, in_line, is_early, on_its_way, tried_again
from functions.deliver.messages import Message, read
from functions.deliver.settings import settings
from shared.aws import clients
from shared.aws.failures import discreet
from shared.aws.observability import count, flush_metrics, logger
from shared.aws.queues import LONGEST_DELAY_SECONDS, send_delayed, send_messages
from shared.contracts.bus import ProfileErased, SegmentChangedInBulk
from shared.contracts.queues import Errand, Farewell
from shared.destinations.contract import Around
from shared.destinations.kinds import KINDS
from shared.domain.bulk import lines_wanted
from shared.domain.destinations import Destination
from shared.stores.audit_log import AuditLog
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.delivery_store import DeliveryStore
from shared.stores.flow_counts import FlowCounts
from shared.stores.job_store import JobStore
from shared.stores.kept import Kept
from shared.stores.kept_purposes import KeptPacks, KeptPurposes
from shared.stores.lag_notes import LagNotes
from shared.stores.list_store import ListStore
from shared.stores.profile_store import ProfileStore
from shared.stores.refusal_store import RefusalStore
from shared.stores.suppression_store import open_suppressions
from shared.stores.turn_store import TurnStore
from shared.stores.waits import Waits

_AT_ONCE = 32
_SAID_ONCE = frozenset({OVER_RATE, "behind"})
"""Why a delivery is held over and over, which the ledger says the first time."""

CONFIGURATION_KEPT_SECONDS = 5.0
"""So soon does a change of a destination, a purpose or a policy pack reach deliver."""


class Job(NamedTuple):
    message: Message
    destination: Destination


@cache
def courier() -> Courier:
    known = settings()
    catalogue, ledger = CatalogueStore(known.catalogue_table), known.ledger_table
    return Courier(
        profiles=ProfileStore(known.profiles_table, purposes=KeptPurposes(catalogue, CONFIGURATION_KEPT_SECONDS)),
        refusals=RefusalStore(known.profiles_table),
        deliveries=DeliveryStore(ledger),
        audit=AuditLog(ledger),
        suppressions=open_suppressions(known.suppressions_table, known.suppression_keys_secret),
        packs=KeptPacks(catalogue, CONFIGURATION_KEPT_SECONDS),
        is_behind=is_behind,
        around=around,
        is_outbound_held=is_outbound_held,
        line=Line(TurnStore(ledger)),
    )


def is_outbound_held() -> bool:
    """Whether the switch is thrown that holds everything."""
    return bool(outbound().get(""))


@cache
def outbound() -> Kept[str, bool]:
    catalogue = CatalogueStore(settings().catalogue_table)
    return Kept(lambda _: catalogue.is_outbound_held(), seconds=CONFIGURATION_KEPT_SECONDS)


def around(now: datetime) -> Around:
    known = settings()
    return Around(
        now,
        ListStore(known.ledger_table),
        known.log_bucket,
        _send_errand,
        known.allow_loopback,
        known.partners_role,
    )


def _send_errand(errand: Errand, seconds: int) -> None:
    send_messages(settings().queue_url, [errand.model_dump_json()], seconds)


def is_behind() -> bool:
    """Whether what folds decisions is further behind than it may be."""
    return bool(lag().get(""))


@cache
def lag() -> Kept[str, bool]:
    known = settings()
    notes, waits = LagNotes(known.ledger_table), Waits(known.ledger_table)
    where = known.log_bucket, known.watched_mappings, known.watched_queues
    return Lag(notes, waits, known.most_behind, *where).kept()


@cache
def gatherer() -> Gatherer:
    known = settings()
    suppressions = open_suppressions(known.suppressions_table, known.suppression_keys_secret)
    people = JobStore(known.ledger_table)
    return Gatherer(courier(), suppressions, people, lambda bodies: send_messages(known.queue_url, bodies))


@cache
def farewells() -> Farewells:
    known = settings()
    return Farewells(CatalogueStore(known.catalogue_table), DeliveryStore(known.ledger_table), known.partners_role)


@cache
def flow_counts() -> FlowCounts:
    return FlowCounts(settings().ledger_table)


@cache
def destinations() -> Kept[str, list[Destination]]:
    store = CatalogueStore(settings().catalogue_table)

    def live(_: str) -> list[Destination]:
        return [d for d in store.list(Destination) if d.state != "disabled" and d.kind in KINDS]

    return Kept(live, seconds=CONFIGURATION_KEPT_SECONDS)


@discreet
def handler(event: Mapping[str, Any], context: Any) -> dict[str, list[dict[str, str]]]:
    """A message fails while one of its destinations waits for another try; those that had it don't get it again."""
    records = {record["messageId"]: record for record in event["Records"]}
    now = datetime.now(UTC)
    brought = {record_id: read(record, now) for record_id, record in records.items()}
    errands = {record_id: one for record_id, one in brought.items() if isinstance(one, Errand)}
    partings = {record_id: one for record_id, one in brought.items() if isinstance(one, Farewell)}
    facts = [one for one in brought.values() if isinstance(one, Message)]
    early = [one for one in facts if is_early(one, destinations().get("live") or [], now)]
    messages = [one for one in facts if one not in early]
    unreadable = [record_id for record_id, one in brought.items() if one is None]
    jobs = _jobs(messages)
    ended = _run(jobs)
    waiting = [message for message in messages if _waits(message, ended) and _back_off(message, jobs, ended)]
    _line_up(jobs, ended)
    purposes = {job.destination.id: job.destination.purposes for job in jobs.values()}
    count_flows(flow_counts(), {key: outcome.flows for key, outcome in ended.items()}, purposes)
    again = [*_errands().run_all(errands, context), *(_part(partings, records) if partings else [])]
    # At last: where anything above breaks, all come again, and these would be there twice.
    send_delayed(settings().queue_url, [on_its_way(one, datetime.now(UTC)) for one in early])
    _count(ended.values(), len(unreadable))
    failed = [*again, *unreadable, *(message.id for message in waiting)]
    return {"batchItemFailures": [{"itemIdentifier": record_id} for record_id in failed]}


def _part(partings: Mapping[str, Farewell], records: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The ids of farewells that come again; while everything is held, each comes as a new message."""
    if not is_outbound_held():
        tries = {one: int(records[one]["attributes"]["ApproximateReceiveCount"]) for one in partings}
        unsaid = [one for one, farewell in partings.items() if not farewells().say(farewell, tries[one])]
        for one in unsaid:
            hide(settings().queue_url, records[one]["receiptHandle"], delay(tries[one], random.random()))  # noqa: S311
        return unsaid
    send_messages(settings().queue_url, [records[one]["body"] for one in partings], LONGEST_DELAY_SECONDS)
    return []


def _errands() -> Errands:
    known = settings()
    return Errands(
        DeliveryStore(known.ledger_table),
        lambda bodies: send_messages(known.queue_url, bodies),
        lambda: around(datetime.now(UTC)),
        lambda one: all(one != known.id for known in CatalogueStore(settings().catalogue_table).list(Destination)),
        gatherer().gather,
        is_outbound_held,
        lambda: destinations().get("live") or [],
    )


def _jobs(messages: Sequence[Message]) -> dict[tuple[str, str], Job]:
    """One job for each fact and destination that lists it, however often the fact is in the batch. Of two messages that
    of a held delivery takes it: the other leaves it alone.
    """
    is_erased = any(isinstance(message.fact, ProfileErased) for message in messages)
    live = destinations().get("live", 0.0 if is_erased else None) or []  # an erasure waits for whoever there is now
    return {
        (message.key, destination.id): Job(message, destination)
        for message in sorted(messages, key=lambda message: message.destination_id or "")
        for destination in live
        if _is_for(destination, message)
    }


def _is_for(destination: Destination, message: Message) -> bool:
    is_told = message.detail_type in destination.detail_types
    if isinstance(message.fact, SegmentChangedInBulk):
        is_told = bool(lines_wanted(destination.detail_types))
    if not is_told or message.destination_id not in (None, destination.id):
        return False
    return KINDS[destination.kind].wants(destination, message.fact)


def _run(jobs: Mapping[tuple[str, str], Job]) -> dict[tuple[str, str], Outcome]:
    """Outcomes by job. Side by side, so that one slow partner costs the batch its time-out once."""
    if not jobs:
        return {}
    for make in (clients.secrets, clients.sqs, clients.s3):  # DynamoDB's was made for the destinations
        make()  # making a client isn't safe in threads, using it is
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return dict(zip(jobs, pool.map(_take, jobs.values()), strict=True))


def _take(job: Job) -> Outcome:
    try:
        return courier().take(job.message, job.destination)
    except Exception:  # one destination's trouble must not become another's
        ids = {"fact_id": job.message.fact_id, "destination_id": job.destination.id}
        logger().exception("A delivery broke off", extra=ids)
        return courier().ended(job.message, job.destination, Outcome("retry", "error"))


def _waits(message: Message, ended: Mapping[tuple[str, str], Outcome]) -> bool:
    return any(outcome.status in ("retry", "failed", "dead") for outcome in _of(message, ended))


def _of(message: Message, ended: Mapping[tuple[str, str], Outcome]) -> list[Outcome]:
    asked = message.key, message.destination_id
    return [outcome for (key, to), outcome in ended.items() if (key, None) == asked or (key, to) == asked]


def _back_off(message: Message, jobs: Mapping[tuple[str, str], Job], ended: Mapping[tuple[str, str], Outcome]) -> bool:
    """Hide the message for as long as the schedule or a partner says; after the last try it goes on at once. What is
    far off goes round as messages of its own: SQS has room for only so many that are hidden. True where it is hidden.
    """
    outcomes, seconds = _of(message, ended), 0
    if any(outcome.status == "retry" for outcome in outcomes):
        asked = max((outcome.retry_after or 0 for outcome in outcomes), default=0)
        seconds = delay(message.receives, random.random(), asked)  # noqa: S311
    if seconds <= LONGEST_DELAY_SECONDS:
        hide(settings().queue_url, message.receipt_handle, seconds)
        return True
    now = datetime.now(UTC)
    again = [jobs[key] for key, one in ended.items() if one.status == "retry" and jobs[key].message is message]
    turn = now + timedelta(seconds=seconds)
    send_delayed(settings().queue_url, [tried_again(*job, turn, now) for job in again])
    return False


def _line_up(jobs: Mapping[tuple[str, str], Job], ended: Mapping[tuple[str, str], Outcome]) -> None:
    """Back on the queue, each for its destination alone: it wears out no try, and holds up no others. None is hidden
    until its time: SQS has room for only so many in hand.
    """
    now = datetime.now(UTC)
    later = [(jobs[key], outcome) for key, outcome in ended.items() if outcome.until]
    back = [in_line(*job, outcome.until or now, now) for job, outcome in later]
    send_delayed(settings().queue_url, back)
    for job, outcome in later:
        if job.message.turn is None or outcome.reason not in _SAID_ONCE:
            courier().record(job.message, job.destination, outcome)


def _count(outcomes: Iterable[Outcome], unreadable: int) -> None:
    for outcome in outcomes:
        count(f"Deliveries{outcome.status.capitalize()}")
        if outcome.reason:
            logger().info("A delivery didn't go through", extra={"status": outcome.status, "reason": outcome.reason})
    count("MessagesUnreadable", unreadable)
    flush_metrics()
