"""Who answers a query: DuckDB on this machine over a copy of the lake, or Athena where the lake is."""

import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, NamedTuple

import boto3
import duckdb

from cli.lake_cache import LakeCache
from cli.lake_sql import QueryError, explained, prepared

_ZONED = "TIMESTAMP WITH TIME ZONE"
_FIRST_WAIT, _LONGEST_WAIT = 0.2, 2.0


class Table(NamedTuple):
    """Values are Python's own: text, numbers, booleans, times as text, None."""

    columns: list[str]
    rows: list[tuple[Any, ...]]


def duckdb_engine(cache: LakeCache, text: str) -> Table:
    """Ask DuckDB. QueryError with the place where it refuses."""
    query = prepared(text, "duckdb")
    with cache.opened() as database:
        try:
            described = database.execute(f"DESCRIBE {query}").fetchall()
            # DuckDB can't hand a zoned time to Python without one more package.
            kinds = [str(kind) for _, kind, *_ in described]
            shown = [f"#{n}::VARCHAR" if kind == _ZONED else f"#{n}" for n, kind in enumerate(kinds, 1)]
            rows = database.execute(f"SELECT {', '.join(shown)} FROM ({query})").fetchall()
        except duckdb.Error as error:
            raise QueryError(explained(str(error), text)) from error
    return Table([name for name, *_ in described], rows)


def athena_engine(stage: str, text: str) -> Table:
    """Ask Athena, and wait. QueryError with what it says where it refuses."""
    client = boto3.client("athena")
    prefix = f"jogakbo-{stage}"
    started = client.start_query_execution(
        QueryString=prepared(text, "athena"),
        QueryExecutionContext={"Database": prefix.replace("-", "_")},
        WorkGroup=prefix,
    )
    _wait(client, started["QueryExecutionId"], text)
    pages = client.get_paginator("get_query_results").paginate(QueryExecutionId=started["QueryExecutionId"])
    columns: list[Any] = []
    rows: list[tuple[Any, ...]] = []
    for page in pages:
        results = page["ResultSet"]
        first = not columns
        columns = columns or results["ResultSetMetadata"]["ColumnInfo"]
        rows += _rows(columns, results["Rows"][1:] if first else results["Rows"])
    return Table([column["Name"] for column in columns], rows)


def _wait(client: Any, execution: str, text: str) -> None:
    waits = _FIRST_WAIT
    while True:
        status = client.get_query_execution(QueryExecutionId=execution)["QueryExecution"]["Status"]
        if status["State"] == "SUCCEEDED":
            return
        if status["State"] in ("FAILED", "CANCELLED"):
            raise QueryError(explained(status.get("StateChangeReason", status["State"]), text))
        time.sleep(waits)
        waits = min(waits * 2, _LONGEST_WAIT)


_KINDS: dict[str, Callable[[str], Any]] = {
    "boolean": lambda text: text == "true",
    **dict.fromkeys(("tinyint", "smallint", "integer", "bigint"), int),
    **dict.fromkeys(("float", "real", "double"), float),
    "decimal": Decimal,
}


def _rows(columns: list[Any], rows: list[Any]) -> Iterator[tuple[Any, ...]]:
    for row in rows:
        values = [cell.get("VarCharValue") for cell in row["Data"]]
        yield tuple(
            None if value is None else _KINDS.get(column["Type"], str)(value)
            for column, value in zip(columns, values, strict=True)
        )
