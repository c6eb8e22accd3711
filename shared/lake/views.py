"""What a query sees: the lake's two tables, and over them `events` with today's person and `merges`."""

from shared.lake.columns import EVENT_COLUMNS, EVENTS, MERGE_COLUMNS, MERGES, PARTITION_COLUMNS, listed

_PERSON = 'COALESCE(m."winner", e."profile_id") AS "profile_id", e."profile_id" AS "profile_id_then"'


def _events() -> str:
    columns = [c for c in (*PARTITION_COLUMNS, *EVENT_COLUMNS) if c.name != "profile_id"]
    joined = f'FROM {EVENTS} AS e LEFT JOIN {MERGES} AS m ON m."loser" = e."profile_id"'
    return f"SELECT {listed(tuple(columns), 'e')}, {_PERSON} {joined}"


VIEWS = {"events": _events(), "merges": f"SELECT {listed(MERGE_COLUMNS)} FROM {MERGES}"}
"""In Athena's dialect, which DuckDB reads as it is."""
