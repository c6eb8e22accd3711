"""An hour's outcome objects read into DuckDB: the stored events, each once, erased people left out."""

import json
from collections.abc import Iterator
from itertools import chain
from typing import Any

from functions.build_lake.settings import Doors
from shared.domain.outcomes import STORED
from shared.lake.columns import EVENT_COLUMNS, PARTITION_COLUMNS, Column, declared
from shared.lake.erasures import erased, is_erased
from shared.lake.rows import row_of
from shared.lake.scratch import Scratch
from shared.stores.event_store import to_event

ROWS_AT_A_TIME = 10_000
STAGED = (*EVENT_COLUMNS, *PARTITION_COLUMNS, Column("redelivered", "BOOLEAN", ""))


def stage(doors: Doors, space: Scratch, hour: str) -> list[str]:
    """Fill the table `staged` with the events stored in an hour; the erasures that were heeded.

    A record that came again is in more than one object of the hour. The first writing counts.
    """
    space.run(f"CREATE OR REPLACE TABLE arrived ({declared(STAGED)})")
    rows: list[dict[str, Any]] = []
    for row in _rows(doors, hour):
        rows.append(row)
        if len(rows) == ROWS_AT_A_TIME:
            space.load("arrived", STAGED, rows)
            rows = []
    if rows:
        space.load("arrived", STAGED, rows)
    heeded = erased(doors.lake, space)
    space.run(
        "CREATE OR REPLACE TABLE staged AS SELECT * FROM arrived AS e"
        f" WHERE NOT {is_erased('e')}"
        " QUALIFY row_number() OVER (PARTITION BY pk, sk ORDER BY redelivered, stored_at) = 1"
    )
    space.run("DROP TABLE arrived")
    return heeded


def _rows(doors: Doors, hour: str) -> Iterator[dict[str, Any]]:
    for line in map(json.loads, chain.from_iterable(doors.outcomes.objects_of_hour(hour))):
        if line["outcome"] in STORED:
            yield row_of(to_event(line), line["ttl"]) | {"redelivered": line.get("redelivered", False)}
