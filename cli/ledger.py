"""Reads the ledger of a source: what was counted of each hour, and what the last check of it found."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

import boto3
from botocore.config import Config

from cli.deployment import Deployment, DeploymentError
from shared.domain.outcomes import Tally
from shared.domain.quarantine import UNKNOWN_SOURCE
from shared.domain.sources import Source
from shared.domain.times import to_text
from shared.stores.count_store import CountStore
from shared.stores.reconciled_store import ReconciledHour, ReconciledStore

_HOUR = len("2026-11-21T09")
_LONGEST_SECONDS = 910


class Row(NamedTuple):
    """`checked` is None for an hour that wasn't checked yet."""

    source_id: str
    hour: str
    totals: Tally
    checked: ReconciledHour | None


def rows(deployed: Deployment, source_id: str, first: datetime, last: datetime) -> Iterator[Row]:
    """By source and hour; of all sources where none is named."""
    counts, reconciled = CountStore(deployed.ledger_table), ReconciledStore(deployed.ledger_table)
    bounds = to_text(first)[:_HOUR], to_text(last)[:_HOUR]
    everyone = sorted(source.id for source in deployed.catalogue.list(Source))
    for one in [source_id] if source_id else [*everyone, UNKNOWN_SOURCE]:
        checked = {found.hour: found for found in reconciled.of_source(one, *bounds)}
        totals = dict.fromkeys(checked, Tally())
        for hour, _, found in counts.of_source(one, *bounds):
            totals[hour] = totals.get(hour, Tally()) + found.totals
        yield from (Row(one, hour, totals[hour], checked.get(hour)) for hour in sorted(totals))


def check(deployed: Deployment, hour: str) -> dict[str, Any]:
    """Have reconcile_counts check an hour now: by source its `gap` and what is `open`."""
    client = boto3.client("lambda", config=Config(read_timeout=_LONGEST_SECONDS, retries={"total_max_attempts": 1}))
    name = f"jogakbo-{deployed.stage}-reconcile_counts"
    answer = client.invoke(FunctionName=name, Payload=json.dumps({"hour": hour}).encode())
    told: dict[str, Any] = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        raise DeploymentError(f"{hour} isn't checked: {told.get('errorType')}: {told.get('errorMessage')}")
    return dict(told["hours"][hour])
