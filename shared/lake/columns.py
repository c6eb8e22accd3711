"""The lake's four tables as data: what Parquet files hold, what Athena is told, and what docs/lake.md explains."""

from typing import NamedTuple


class Column(NamedTuple):
    """`kind` is DuckDB's type, `athena` what Athena calls it."""

    name: str
    kind: str
    athena: str


def _texts(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, "VARCHAR", "string") for name in names)


def _times(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, "TIMESTAMP_MS", "timestamp") for name in names)


CAMPAIGN = ("name", "source", "medium", "term", "content", "id")
EVENTS = "lake_events"
MERGES = "lake_merges"
MOVES = "lake_moves"
PROFILES = "lake_profiles"
PATH = "$path"
"""The file a row lies in: Athena has this column in every table."""

EVENT_COLUMNS = (
    *_texts("pk", "sk", "message_id", "type", "name"),
    *_times("time", "received_at", "stored_at", "expires_at"),
    Column("replayed", "BOOLEAN", "boolean"),
    Column("late", "BOOLEAN", "boolean"),
    *_texts("profile_id", "user_id", "anonymous_id", "session_id"),
    *_texts(*(f"campaign_{name}" for name in CAMPAIGN)),
    *_texts("referrer", "channel", "touchpoint", "country", "region", "city"),
    Column("amount", "DECIMAL(19,4)", "decimal(19,4)"),
    *_texts("currency", "text", "properties", "traits", "context", "other"),
)
PARTITION_COLUMNS = (Column("source", "VARCHAR", "string"), Column("day", "DATE", "date"))
MERGE_COLUMNS = (*_texts("loser", "winner", "merged_into"), *_times("merged_at"))
PROFILE_COLUMNS = (
    *_texts("profile_id"),
    *_times("snapshot_at", "created_at", "updated_at", "first_seen", "last_seen"),
    *(Column(name, "VARCHAR[]", "array<string>") for name in ("namespaces", "segments")),
    *(Column(name, "BIGINT", "bigint") for name in ("events", "bytes")),
    *_texts("tallies", "traits", "consent", "computed"),
)
MOVE_COLUMNS = (*_texts("pk", "profile_id"), *_times("since", "until", "moved_at"))


def declared(columns: tuple[Column, ...]) -> str:
    """Columns as a CREATE TABLE of DuckDB lists them."""
    return ", ".join(f'"{column.name}" {column.kind}' for column in columns)


def listed(columns: tuple[Column, ...], table: str = "") -> str:
    """Columns as a SELECT lists them."""
    prefix = f"{table}." if table else ""
    return ", ".join(f'{prefix}"{column.name}"' for column in columns)
