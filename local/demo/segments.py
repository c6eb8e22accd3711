"""The demo's five segments: how they are declared, how many are in, and the same counted by plain SQL over the lake."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from cli import commands_lake
from cli.lake_cache import LakeCache
from cli.lake_engines import duckdb_engine
from local import aws
from local.demo.counters import Counters
from local.outputs import Outputs
from local.progress import say, step
from shared.lake.files import LakeFiles

ZONE = "Asia/Seoul"
BIG, CART, LAPSED, OPTED, PAID = "big_spenders", "cart_abandoned", "lapsed", "opted_in_seoul", "new_from_paid_search"

SEGMENTS: dict[str, dict[str, Any]] = {
    BIG: {
        "name": "Spent 500,000 won this month",
        "zone": ZONE,
        "where": {
            "event": "Order Completed",
            "sum": {"operator": "gte", "value": 500_000},
            "property": "amount",
            "currency": "KRW",
            "window": {"last": "P1M", "align": "calendar"},
        },
    },
    CART: {
        "name": "Cart abandoned: not bought within 30 minutes",
        "where": {
            "sequence": [{"event": "Product Added"}],
            "not_then": {"event": "Order Completed", "within": "PT30M"},
            "window": {"last": "P7D"},
        },
    },
    LAPSED: {
        "name": "Bought before, not seen for 60 days",
        "where": {
            "op": "and",
            "of": [
                {"event": "Order Completed"},
                {"op": "not", "of": [{"seen": "last", "window": {"last": "P60D"}}]},
            ],
        },
    },
    OPTED: {
        "name": "Opted in to e-mail, in Seoul",
        "where": {
            "op": "and",
            "of": [
                {"consent": "advertising", "state": "granted"},
                {"trait": "address.city", "type": "text", "operator": "eq", "value": "Seoul"},
            ],
        },
    },
    PAID: {
        "name": "New visitors from paid search",
        "where": {
            "op": "and",
            "of": [
                {"seen": "first", "window": {"last": "P30D"}},
                {
                    "event": "",
                    "where": [
                        {"property": "campaign.source", "type": "text", "operator": "eq", "value": "paid_search"}
                    ],
                    "window": {"last": "P30D"},
                },
            ],
        },
    },
}
"""As the Catalogue API takes them."""

_PEOPLE = (
    "SELECT count(*) FROM (SELECT profile_id FROM events WHERE profile_id IS NOT NULL GROUP BY profile_id HAVING {})"
)
QUERIES: Mapping[str, str] = {
    BIG: "sum(CASE WHEN name = 'Order Completed' AND currency = 'KRW' AND time >= {month} THEN amount END) >= 500000",
    CART: "max(CASE WHEN name = 'Product Added' AND time > {week} AND time <= {half_hour} THEN time END)"
    " >= coalesce(max(CASE WHEN name = 'Order Completed' THEN time END), TIMESTAMP '1970-01-01 00:00:00')",
    LAPSED: "count_if(name = 'Order Completed') > 0 AND max(time) <= {two_months}",
    OPTED: "max_by(json_extract_scalar(context, '$.consent.categoryPreferences.Advertising'), time)"
    " FILTER (WHERE json_extract_scalar(context, '$.consent.categoryPreferences.Advertising') IS NOT NULL) = 'true'"
    " AND max_by(json_extract_scalar(traits, '$.address.city'), time)"
    " FILTER (WHERE json_extract_scalar(traits, '$.address.city') IS NOT NULL) = 'Seoul'",
    PAID: "min(time) > {month_ago} AND count_if(campaign_source = 'paid_search' AND time > {month_ago}) > 0",
}
"""Who is in, of the events of one person, in Athena's dialect."""

_TRIES = 5


def declared() -> dict[str, dict[str, Any]]:
    return {segment: {**one, "state": "live"} for segment, one in SEGMENTS.items()}


def tell_sizes(outputs: Outputs, file: Path, counters: Counters) -> None:
    """`file` is where the outputs lie."""
    with step("Build the lake of what was sent"), aws.speaking_to(outputs.aws_endpoint_url):
        commands_lake.build(first=counters.began[:13], stage=outputs.stage, outputs=file)
    lake = LakeCache(LakeFiles(outputs.log_bucket), file.resolve().parent / "lake" / outputs.log_bucket)
    for _ in range(_TRIES):  # somebody may cross an edge at this very moment
        sizes = counters.people().segments
        with aws.speaking_to(outputs.aws_endpoint_url):
            counted = counts(lake, datetime.now(UTC))
        if all(sizes[one] == counted[one] for one in SEGMENTS):
            break
        time.sleep(2)
    for segment, one in SEGMENTS.items():
        sign = "=" if sizes[segment] == counted[segment] else "≠"
        say(f"  {one['name']:<46}{sizes[segment]:5,} people {sign} {counted[segment]:5,} by SQL over the lake")


def counts(lake: LakeCache, now: datetime) -> dict[str, int]:
    """How many are in each segment by the events of the lake."""
    asked = ", ".join(f"({_PEOPLE.format(having.format(**_moments(now)))}) AS {one}" for one, having in QUERIES.items())
    found = duckdb_engine(lake, f"SELECT {asked}")
    return dict(zip(found.columns, found.rows[0], strict=True))


def _moments(now: datetime) -> dict[str, str]:
    """SQL's literals of moments before `now`."""
    month = now.astimezone(ZoneInfo(ZONE)).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    ago = {"half_hour": timedelta(minutes=30), "week": timedelta(7), "month_ago": timedelta(30)}
    moments = {"month": month.astimezone(UTC), "two_months": now - timedelta(60)}
    moments |= {name: now - span for name, span in ago.items()}
    return {name: f"TIMESTAMP '{one:%Y-%m-%d %H:%M:%S.%f}'" for name, one in moments.items()}
