"""Batch stitching: who is one person of many edges, by ours and by what others take. Each in a process of its own."""

from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import numpy as np

from bench.alone import Alone, alone
from bench.racing.edges import write
from bench.results import Cell, Goal, Table
from cli.commands_identity import MEMORY_MB
from cli.lake_identity import Staged
from shared.domain.identity_dry_run import decide_all
from shared.domain.identity_rules import RULES
from shared.lake.scratch import scratch

Found = list[int]
"""People, ids, and the sum of the squares of how many ids each has: what all must agree on."""
_AT = "2026-11-22T09:00:00.000Z"


def stitching(is_whole: bool) -> tuple[Table, tuple[Goal, ...]]:
    number = 1_000_000 if is_whole else 200_000
    with TemporaryDirectory(prefix="bench-") as folder:
        path = Path(folder) / "edges.parquet"
        write(number, path)
        took = {name: alone(work, str(path)) for name, work in CONTENDERS.items()}
    if len({tuple(one.answer) for one in took.values()}) > 1:
        raise RuntimeError(f"They disagree: { {name: one.answer for name, one in took.items()} }")
    ours, splink = took[OURS], took["Splink"]
    rows = tuple((name, *_row(one, splink)) for name, one in took.items())
    columns = ("by", "seconds", "CPU seconds", "peak MB", "CPU of Splink's", "MB of Splink's")
    people, ids, _ = ours.answer
    note = f"{people:,} people of {ids:,} ids, the same by all. Each reads the edges from Parquet."
    table = Table("stitching", f"Who is one person of {number:,} edges", columns, rows, note)
    return table, (
        Goal("batch stitching, CPU seconds of Splink's", 1 / 6, ours.cpu / splink.cpu, WHY),
        Goal("batch stitching, peak memory of Splink's", 1 / 2, ours.mb / splink.mb, WHY_LARGE),
    )


def _row(one: Alone, splink: Alone) -> tuple[Cell, ...]:
    ratios = round(one.cpu / splink.cpu, 2), round(one.mb / splink.mb, 2)
    return round(one.seconds, 2), round(one.cpu, 2), one.mb, *ratios


def found(sizes: Iterable[int]) -> Found:
    known = [*sizes]
    return [len(known), sum(known), sum(size * size for size in known)]


def jogakbo(path: str) -> Found:
    """As `jogakbo identity dry-run` decides, by the rules that ship: none of them is met here."""
    with scratch(MEMORY_MB) as space:
        ids = ", ".join(f"'crm_id:' || {end}" for end in ("one", "other"))
        space.run(f"CREATE TEMP TABLE named AS SELECT [{ids}] AS today, NULL::VARCHAR[] AS proposed FROM '{path}'")
        space.run(f"CREATE TEMP TABLE events AS SELECT '{_AT}' AS time, rowid AS named FROM named")
        outcome = decide_all(Staged(space).history("today"), RULES)
        return found(np.unique(outcome.sure_of, return_counts=True)[1].tolist())


def with_networkx(path: str) -> Found:
    import networkx
    import polars

    graph = networkx.Graph()
    graph.add_edges_from(polars.read_parquet(path).iter_rows())
    return found(map(len, networkx.connected_components(graph)))


def with_splink(path: str) -> Found:
    from splink import DuckDBAPI
    from splink.clustering import cluster_pairwise_predictions_at_threshold

    database = duckdb.connect()
    database.execute(f"CREATE TABLE edges AS SELECT * FROM '{path}'")
    database.execute("CREATE TABLE nodes AS SELECT DISTINCT unnest([one, other]) AS id FROM edges")
    clusters = cluster_pairwise_predictions_at_threshold(
        nodes="nodes",
        edges="edges",
        db_api=DuckDBAPI(database),
        node_id_column_name="id",
        edge_id_column_name_left="one",
        edge_id_column_name_right="other",
    )
    return _sizes(database, f"SELECT count(*) AS size FROM {clusters.physical_name} GROUP BY cluster_id")


def with_duckdb(path: str) -> Found:
    """The recursive query that its documentation shows for connected components, with USING KEY."""
    database = duckdb.connect()
    database.execute(f"""
        CREATE TABLE edges AS SELECT one, other FROM '{path}' UNION ALL SELECT other, one FROM '{path}'""")
    return _sizes(
        database,
        """
        WITH RECURSIVE component(id, least) USING KEY (id) AS (
            SELECT one, min(least(one, other)) FROM edges GROUP BY one
            UNION
            (SELECT e.one, min(c.least) FROM component c JOIN edges e ON e.other = c.id
             JOIN recurring.component r ON r.id = e.one WHERE c.least < r.least GROUP BY e.one)
        ) SELECT count(*) AS size FROM component GROUP BY least""",
    )


def _sizes(database: duckdb.DuckDBPyConnection, of: str) -> Found:
    row: Any = database.execute(f"SELECT count(*), sum(size), sum(size * size) FROM ({of})").fetchone()
    return [int(one) for one in row]


OURS = "jogakbo identity dry-run"
CONTENDERS: dict[str, Callable[[str], Found]] = {
    OURS: jogakbo,
    "networkx": with_networkx,
    "Splink": with_splink,
    "DuckDB": with_duckdb,
}
WHY_LARGE = "Python and its packages are a third of it; of a million edges it was 0.42 to 0.54 (decision 31)"
WHY = "giving texts numbers in DuckDB takes nearly all of it; connecting them takes a tenth (decision 31)"
