"""How long each function takes to start, from the asset that the build makes, beside naive twins in the same run."""

import os
import statistics
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import astuple
from itertools import count
from pathlib import Path
from typing import Any

from bench import work
from bench.endpoint import endpoint
from bench.requests import bodies, http, kinesis
from bench.results import Cell, Goal, Part, Table
from bench.starting import Code, Start, megabytes, runtime, started, twins, unzipped
from infra.assets import FUNCTIONS, Target, built
from infra.packaging import build_all

GOAL = 0.3
_CLIENTS = {"collect_events": ("dynamodb", "secrets", "kinesis"), "store_events": ("dynamodb", "secrets", "s3")}
_TWINS = {"collect_events": "naive_collect", "store_events": "naive_store"}
_COLUMNS = (
    "function",
    "imported ms",
    "ready ms",
    "first answer ms",
    "ready, of naive",
    "first answer, of naive",
    "MB",
    "modules",
)
_NOTE = """CPU of a cold process, the interpreter's own start and Lambda's bootstrap left out; byte code in place, page
cache warm. Ready: the handler is imported, and those clients are made that its first event needs (of others than
collect and store: DynamoDB's). First answer: one request taken, over HTTP without TLS. The twins run from the same
packages with their byte code, without Tracer; others than collect and store are beside the naive collect. MB: unzipped,
without boto3, which Lambda's runtime brings."""


def measure(is_whole: bool) -> Part:
    build_all(Target.of(local=True))
    rounds = 9 if is_whole else 3
    rows: list[tuple[Cell, ...]] = []
    with ExitStack() as open_until_then:
        known = work.settings(open_until_then.enter_context(endpoint()))
        os.environ.update(known)
        work.seed()
        lambdas = open_until_then.enter_context(runtime())
        naive = open_until_then.enter_context(unzipped(built(Target.of(local=True), "collect_events").path))
        twins(naive)
        for function in FUNCTIONS:
            rows += _raced(function, naive, lambdas, known, rounds)
    table = Table("functions", "Init of every function", _COLUMNS, tuple(rows), _NOTE)
    goals = tuple(
        Goal(f"init of {row[0]}, of naive", GOAL, float(row[4] or 0), _why(row)) for row in rows if row[0] in _TWINS
    )
    return Part("init", "Cold starts", (table,), goals)


def _why(row: tuple[Cell, ...]) -> str:
    imported, ready = float(row[1] or 0), float(row[2] or 0)
    return f"{imported:.0f} of {ready:.0f} ms are the handler's imports, the rest clients made"


def _raced(
    function: str, naive: Path, lambdas: Path, known: Mapping[str, str], rounds: int
) -> Iterator[tuple[Cell, ...]]:
    """Ours and its twin by turns. Each start has events of its own."""
    twin = _TWINS.get(function, "naive_collect")
    ours, theirs = list[Start](), list[Start]()
    with unzipped(built(Target.of(local=True), function).path) as folder:
        for _ in range(rounds):
            path, clients = (folder, lambdas), _CLIENTS.get(function, ("dynamodb",))
            event = _event(function) if function in _TWINS else None
            ours.append(started(Code(path, f"functions.{function}.handler", clients, event), known))
            theirs.append(started(Code((naive, lambdas), f"bench.twins.{twin}", (), _event(twin)), known))
        size = megabytes(folder)
    mine, other = _median(ours), _median(theirs)
    answer = mine.answered if function in _TWINS else None
    of_naive = answer / other.answered if answer else None
    yield function, mine.imported, mine.ready, answer, mine.ready / other.ready, of_naive, size, mine.modules
    if function in _TWINS:
        yield f"naive {function}", other.imported, other.ready, other.answered, 1.0, 1.0, None, other.modules


def _median(starts: list[Start]) -> Start:
    values = zip(*map(astuple, starts), strict=True)
    imported, ready, answered, modules = map(statistics.median, values)
    return Start(imported, ready, answered, round(modules))


_sent = bodies(10, seed=99)
_sequence = count(1, 1_000)


def _event(function: str) -> dict[str, Any]:
    body = next(_sent)
    if "collect" in function:
        return http(body)
    put = work.naive_put if function == "naive_store" else work.ours_put
    return kinesis(list(put(body)), next(_sequence))
