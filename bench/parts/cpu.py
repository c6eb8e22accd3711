"""CPU per event of the hot handlers beside their twins, by turns in one process, with AWS in another."""

import os
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from importlib import import_module
from itertools import count

from bench import work
from bench.endpoint import endpoint
from bench.raced import Contender, medians, raced
from bench.results import Cell, Goal, Part, Table
from bench.shares import WATCHED, shares

A_REQUEST = (2.8, 10.0)
_MOST = {"naive": 100, "good practice": 1_000, "ours": 1_000}
"""Events of a batch: what a handler does once for a batch, the naive one doesn't."""

_seeds = count(1)
"""Nobody sends an event twice: what was stored already would take another way."""

TOGETHER = "naive, a call a request"
_GOALS = (
    ("collect_events", "naive", 1 / 5),
    ("collect_events", TOGETHER, 1 / 5),
    ("store_events", "naive", 1 / 50),
)
"""At 10 events a request: who, beside whom, and at most."""

_COLUMNS = ("handler", "events a request", "who", "µs an event", "of naive", "events/s of a core")
_NOTE = """Naive: Powertools' router, Logger, Metrics and batch processor, pydantic, boto3's resource, a call to Kinesis
and a conditional put per event. Good practice: orjson and a check by hand, a tuned boto3 client, a record per request,
25 items a call that overwrite what is there. That isn't the same job: it finds no duplicate, refuses nothing with a
reason, masks, counts by source and looks for erased people nowhere; the tables of shares say what ours does. Both look
a write key up once and for all. Naive batches have 100 records, Lambda's default. All are warm: the first round isn't
counted. AWS is asked over HTTP without TLS."""


def measure(is_whole: bool) -> Part:
    rounds = 31 if is_whole else 5
    races = {"collect_events": _collecting, "store_events": _storing, "stitch_identities": _stitching}
    with endpoint() as url, _quiet():
        os.environ.update(work.settings(url))
        work.seed()
        found = {
            (name, events): medians(raced(contenders(events), rounds))
            for name, contenders in races.items()
            for events in A_REQUEST
        }
        inside = {name: shares(name, races[name](A_REQUEST[-1])[-1], rounds) for name in WATCHED}
    rows = tuple(row for (name, events), of in found.items() for row in _rows(name, events, of))
    table = Table("events", "CPU per event", _COLUMNS, rows, _NOTE)
    goals = tuple(_goal(found[name, A_REQUEST[-1]], name, beside, most, inside[name]) for name, beside, most in _GOALS)
    return Part("cpu", "CPU of the hot handlers", (table, *inside.values()), goals)


def _rows(name: str, events: float, of: Mapping[str, float]) -> Iterator[tuple[Cell, ...]]:
    for who, spent in of.items():
        yield name, events, who, spent, spent / of["naive"], round(1e6 / spent)


def _goal(of: Mapping[str, float], name: str, beside: str, most: float, inside: Table) -> Goal:
    top = sorted(inside.rows, key=lambda row: -float(row[-1] or 0))[:2]
    spent = " and ".join(f"{float(row[-1] or 0):.0%} {row[0]}" for row in top)
    why = f"of ours {spent}; good practice, which does less, is at {of['good practice'] / of[beside]:.2f}"
    return Goal(f"CPU per event of {name}, of {beside}", most, of["ours"] / of[beside], why)


def _collecting(events: float) -> list[Contender]:
    modules = {"naive": "bench.twins.naive_collect_each", **_modules("collect", TOGETHER)}
    return [
        Contender(who, work.requests(_handler(module), events, next(_seeds), at_once=20))
        for who, module in modules.items()
    ]


def _storing(events: float) -> list[Contender]:
    put = {"naive": work.naive_put, "good practice": work.good_put, "ours": work.ours_put}
    return [
        Contender(who, work.batches(_handler(module), put[who], events, next(_seeds), _MOST[who]))
        for who, module in _modules("store", "naive").items()
    ]


def _stitching(events: float) -> list[Contender]:
    modules = {"naive": "bench.twins.naive_stitch", "ours": "functions.stitch_identities.handler"}
    stored = {"naive": work.naive_stored, "ours": work.ours_stored}
    return [
        Contender(who, work.stream(_handler(module), events, next(_seeds), _MOST[who] // 2, stored[who]))
        for who, module in modules.items()
    ]


def _modules(verb: str, naive: str) -> dict[str, str]:
    return {
        naive: f"bench.twins.naive_{verb}",
        "good practice": f"bench.twins.good_{verb}",
        "ours": f"functions.{verb}_events.handler",
    }


def _handler(module: str) -> work.Handler:
    handler: work.Handler = import_module(module).handler
    return handler


@contextmanager
def _quiet() -> Iterator[None]:
    """What handlers log costs what it costs, and is read by nobody."""
    with open(os.devnull, "w") as nobody, redirect_stdout(nobody), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
