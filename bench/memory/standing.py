"""What a stage asks of DynamoDB while nothing happens: the sweep of each minute, once it has found its pace."""

import os
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from bench.alone import alone
from bench.growing.world import world

_MINUTES_UNTIL_EVEN = 4
_SWEPT = "functions.reevaluate_people.handler"


class Standing(NamedTuple):
    """Units of a minute."""

    reads: float
    writes: float


def standing() -> Standing:
    return Standing(*alone(swept).answer)


def swept() -> tuple[float, float]:
    """In a process of its own: what functions make once isn't left behind."""
    with world() as stage:
        os.environ["REEVALUATIONS_QUEUE_URL"] = "reevaluations"
        from functions.reevaluate_people.handler import handler

        first = datetime(2026, 11, 22, 9, 0, 30, tzinfo=UTC)
        for minute in range(_MINUTES_UNTIL_EVEN):
            stage.stand(first + timedelta(minutes=minute), _SWEPT)
            with stage.dynamo.counted() as cost:
                handler({}, None)
        return cost.read_units, cost.write_units
