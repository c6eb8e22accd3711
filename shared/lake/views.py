"""What a query sees: the lake's tables, and over them `events` with today's person, `merges`, `moves`, `profiles`."""

from shared.lake.columns import (
    EVENT_COLUMNS,
    EVENTS,
    MERGE_COLUMNS,
    MERGES,
    MOVE_COLUMNS,
    MOVES,
    PARTITION_COLUMNS,
    PROFILE_COLUMNS,
    PROFILES,
    listed,
)


def during(move: str, event: str) -> str:
    """Whether an event falls into a period of an identifier that changed hands."""
    since = f'({move}."since" IS NULL OR {event}."time" >= {move}."since")'
    until = f'({move}."until" IS NULL OR {event}."time" < {move}."until")'
    return f'{move}."pk" = {event}."pk" AND {since} AND {until}'


PERSON = 'COALESCE(v."profile_id", m."winner", e."profile_id")'
"""Whose a row of JOINED is today: of an identifier that changed hands by its moves, else by the merges."""

JOINED = (
    f'{EVENTS} AS e LEFT JOIN {MOVES} AS v ON {during("v", "e")} LEFT JOIN {MERGES} AS m ON m."loser" = e."profile_id"'
)


def _events() -> str:
    columns = [c for c in (*PARTITION_COLUMNS, *EVENT_COLUMNS) if c.name != "profile_id"]
    people = f'{PERSON} AS "profile_id", e."profile_id" AS "profile_id_then"'
    return f"SELECT {listed(tuple(columns), 'e')}, {people} FROM {JOINED}"


VIEWS = {
    "events": _events(),
    "merges": f"SELECT {listed(MERGE_COLUMNS)} FROM {MERGES}",
    "moves": f"SELECT {listed(MOVE_COLUMNS)} FROM {MOVES}",
    "profiles": (
        f"SELECT {listed(PROFILE_COLUMNS, 'p')} FROM {PROFILES} AS p"
        f' WHERE NOT EXISTS (SELECT 1 FROM {MERGES} AS m WHERE m."loser" = p."profile_id")'
    ),
}
"""In Athena's dialect, which DuckDB reads as it is."""
