"""What of a handler's CPU is for what: ours does more than its twins, and this says how much of it is that."""

import time
from importlib import import_module
from operator import attrgetter
from typing import Any

from bench.raced import Contender
from bench.results import Table

WATCHED = {
    "collect_events": (
        ("the request and its JSON read", "functions.collect_events.handler:collect.request_of"),
        ("the request and its JSON read", "functions.collect_events.collecting:collect.payload"),
        ("who sends, and at what rate", "functions.collect_events.collecting:source_of"),
        ("refusals heard", "functions.collect_events.packing:_hear"),
        ("what stands beside the events merged into each", "functions.collect_events.packing:merged"),
        ("forbidden numbers masked, strict JSON", "functions.collect_events.packing:element"),
        ("anchors found and hashed", "functions.collect_events.packing:_group"),
        ("records written and compressed", "functions.collect_events.packing:encode"),
        ("Kinesis asked", "functions.collect_events.collecting:put_records"),
        ("metrics and logs", "functions.collect_events.collecting:count"),
        ("metrics and logs", "aws_lambda_powertools:Logger.info"),
        ("metrics and logs", "functions.collect_events.handler:flush_metrics"),
    ),
    "store_events": (
        ("records decoded, forbidden numbers masked again", "functions.store_events.judging:decode"),
        ("elements judged: rules, identifiers, hashes", "functions.store_events.judging:verdict_of"),
        ("erased people looked for", "functions.store_events.streaming:screen"),
        ("the log by arrival", "shared.stores.arrival_log:ArrivalLog.put"),
        ("events inserted once", "shared.stores.event_store:EventStore.insert"),
        ("outcomes for the lake", "functions.store_events.streaming:write_outcomes"),
        ("counts that add up", "functions.store_events.streaming:count_records"),
        ("metrics and logs", "functions.store_events.streaming:count"),
        ("metrics and logs", "aws_lambda_powertools:Logger.info"),
        ("metrics and logs", "functions.store_events.handler:flush_metrics"),
    ),
}
"""By function: what for, and the function whose CPU it is. None of them calls another one; the rest is told as such."""


def shares(name: str, contender: Contender, rounds: int) -> Table:
    """Of a function of ours, from here on watched."""
    seconds = dict.fromkeys((what for what, _ in WATCHED[name]), 0.0)
    for what, place in WATCHED[name]:
        _watch(seconds, what, place)
    total, events = 0.0, 0
    for turn in range(rounds + 1):
        about, work = next(contender.works)
        if turn == 1:
            seconds.update(dict.fromkeys(seconds, 0.0))
            total, events = 0.0, 0
        started = time.process_time()
        work()
        total, events = total + time.process_time() - started, events + about
    seconds["the rest"] = total - sum(seconds.values())
    rows = tuple((what, spent * 1e6 / events, spent / total) for what, spent in seconds.items())
    columns = ("what for", "µs an event", "share")
    return Table(f"{name}-shares", f"What {name} spends it on, 10 events a request", columns, rows)


def _watch(seconds: dict[str, float], what: str, place: str) -> None:
    module, _, path = place.partition(":")
    holder, _, attribute = path.rpartition(".")
    owner = attrgetter(holder)(import_module(module)) if holder else import_module(module)
    real = getattr(owner, attribute)

    def timed(*args: Any, **kwargs: Any) -> Any:
        started = time.process_time()
        try:
            return real(*args, **kwargs)
        finally:
            seconds[what] += time.process_time() - started

    setattr(owner, attribute, timed)
