"""Commands on the people of a segment: who they are, as a file too, and how many there were, day by day."""

import csv
import sys
from collections.abc import Iterable
from itertools import chain, islice
from pathlib import Path
from typing import Annotated, TextIO

import duckdb
import typer

from cli.access import console
from cli.api import ApiUrl, Body, Local, Token, api_of
from cli.commands_segments import SEGMENTS, SegmentId
from cli.deployment import DeploymentError
from cli.printing import table_of

COLUMNS = ("profile_id", "since", "arm")
_AT_A_TIME = 1_000


def members(
    segment_id: SegmentId,
    api_url: ApiUrl = "",
    api_token: Token = "",
    outputs: Local = None,
    export: Annotated[Path | None, typer.Option(help="Write all of them to a file: .csv or .parquet")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many at most, without --export")] = 100,
) -> None:
    """Who is in a segment: profile ids, since when, and in which arm."""
    if export and export.suffix not in (".csv", ".parquet"):
        raise typer.BadParameter("A file ends in .csv or .parquet.")
    size = {"limit": str(_AT_A_TIME if export else min(limit, _AT_A_TIME))}
    found = api_of(api_url, api_token, outputs).pages(f"{SEGMENTS}/{segment_id}/members", "members", size)
    found = chain([*islice(found, 1)], found)  # a refusal leaves the file alone that is there
    if export is None:
        _write_csv(islice(found, limit), sys.stdout)
        return
    try:
        number = _to_parquet(found, export) if export.suffix == ".parquet" else _to_csv(found, export)
    except (OSError, duckdb.IOException) as error:
        raise DeploymentError(f"{export} can't be written: {error}.") from error
    console.print(f"Wrote {number} members to {export}.", soft_wrap=True)


def sizes(segment_id: SegmentId, api_url: ApiUrl = "", api_token: Token = "", outputs: Local = None) -> None:
    """How many were in a segment, day by day, as each profile snapshot counted them."""
    table = table_of("day", "members", "counted at")
    for one in api_of(api_url, api_token, outputs).get(f"{SEGMENTS}/{segment_id}/sizes")["sizes"]:
        table.add_row(one["day"], str(one["members"]), one["at"])
    console.print(table)


def _write_csv(found: Iterable[Body], file: TextIO) -> int:
    writer = csv.DictWriter(file, COLUMNS)
    writer.writeheader()
    return sum(1 for one in found if writer.writerow(one))


def _to_csv(found: Iterable[Body], path: Path) -> int:
    with path.open("w", newline="") as file:
        return _write_csv(found, file)


def _to_parquet(found: Iterable[Body], path: Path) -> int:
    """By way of a CSV file beside it, so that no list is held in memory."""
    rows = path.with_suffix(".partial")
    try:
        number = _to_csv(found, rows)
        read = duckdb.read_csv(str(rows), header=True, all_varchar=True)
        read.write_parquet(str(path), compression="zstd")
    finally:
        rows.unlink(missing_ok=True)
    return number
