"""What it costs to see a profile through read_profiles, by its events and by its identifiers."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.growing.people import connected, lived
from bench.growing.world import World, world
from bench.results import Curve, Goal, Table
from functions.read_profiles.handler import handler
from shared.aws.observability import metrics
from shared.domain.api_tokens import ApiToken
from shared.domain.times import to_text
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.tables import CATALOGUE

EVENTS, IDENTIFIERS = (10, 100, 1_000, 10_000), (10, 100, 300, 1_000)
ROUNDS = 15
_SAMPLE = json.loads((Path(__file__).parents[2] / "events/triggers/read_profiles.json").read_text())
_TOKEN = "jgb_a-token-of-the-bench"  # noqa: S105
_COLUMNS = ("requests", "read units", "write units", "bytes of the answer", "CPU ms")


def views(is_whole: bool) -> tuple[tuple[Table, ...], tuple[Goal, ...]]:
    with world() as opened:
        until = to_text(datetime.now(UTC) + timedelta(days=1))
        token = ApiToken("bench", ("profiles:read", "profiles:pii"), until)
        CatalogueStore(CATALOGUE.name).put_api_token(_TOKEN, token)
        for number in EVENTS:
            lived(opened, {"userId": f"events-{number}"}, number)
        for number in IDENTIFIERS:
            connected(opened, f"identifiers-{number}", number)
        by_events = measured(opened, "events", EVENTS, ROUNDS * (1 + 3 * is_whole))
        by_identifiers = measured(opened, "identifiers", IDENTIFIERS, ROUNDS * (1 + 3 * is_whole))
    units = [row[2] + row[3] for row in by_events]
    note = "Write units are the audit log's. CPU is that of the handler, without boto3 and DynamoDB."
    tables = (
        Table("view_events", "The profile view, by events", ("events", *_COLUMNS), by_events, note, _curve("events")),
        Table(
            "view_identifiers",
            "The profile view, by identifiers",
            ("identifiers", *_COLUMNS),
            by_identifiers,
            "A profile is one item, so a read unit comes with every 4 KB of it.",
            _curve("identifiers"),
        ),
    )
    return tables, (Goal("the profile view, units at 10,000 events against 10", 1.1, units[-1] / units[0]),)


def _curve(x: str) -> Curve:
    return Curve(x, ("read units", "write units", "CPU ms"), log=True)


def measured(opened: World, what: str, sizes: Sequence[int], rounds: int) -> tuple[tuple[Any, ...], ...]:
    """CPU is the least of so many rounds, each of which asks for every size once."""
    asks = [_asking(f"user_id:{what}-{number}") for number in sizes]
    took = [[opened.seconds(ask) for ask in asks] for _ in range(rounds)]
    return tuple(
        (number, *_counted(opened, ask), round(1000 * min(one[place] for one in took), 2))
        for place, (number, ask) in enumerate(zip(sizes, asks, strict=True))
    )


def _counted(opened: World, ask: Callable[[], str]) -> tuple[int, float, float, int]:
    ask()
    with opened.dynamo.counted() as cost:
        body = ask()
    return cost.round_trips, cost.read_units, cost.write_units, len(body.encode())


def _asking(identifier: str) -> Callable[[], str]:
    headers = {**_SAMPLE["headers"], "authorization": f"Bearer {_TOKEN}"}
    asked = {**_SAMPLE, "rawPath": f"/v1/profiles/{identifier}", "headers": headers, "queryStringParameters": None}

    def ask() -> str:
        _ids[0] += 1
        context = {**_SAMPLE["requestContext"], "requestId": f"request-{_ids[0]:08d}"}
        reply = handler({**asked, "requestContext": context}, None)
        metrics().clear_metrics()
        if reply["statusCode"] != 200:
            raise RuntimeError(reply["body"])
        return str(reply["body"])

    return ask


_ids = [0]
