"""Sequences as SQL: a table for each step, and one for each further step of the chains that hold so far."""

from collections.abc import Callable

from shared.domain.segments.definition import MOST_KEPT_OF_STEP, NotThen, OfSequence, Step
from shared.domain.segments.windows import duration_of
from shared.lake.segments.dialects import Dialect, time
from shared.lake.segments.reading import at_path, bounds, filters, named, rows

Table = Callable[[str], str]
"""SQL of a table -> the name by which it is made."""


def sequence(dialect: Dialect, leaf: OfSequence, zone: str, at: int, table: Table) -> str:
    """The people for whom it holds at an instant, once each, with a number `n`."""
    first, *more = [table(_step(dialect, step, leaf.same, at)) for step in leaf.sequence]
    inside = " AND ".join(bounds(leaf.window, zone, at, "s.time")) or "TRUE"
    chain = table(f"SELECT s.profile_id, s.v, s.time FROM {first} AS s WHERE {inside}")
    for name, step in zip(more, leaf.sequence[1:], strict=True):
        later = f"s.time > c.time{_by(step.within, 's.time', 'c.time')}"
        same = "s.profile_id = c.profile_id AND s.v = c.v"
        chain = table(
            f"SELECT DISTINCT s.profile_id, s.v, s.time FROM {chain} AS c JOIN {name} AS s ON {same} AND {later}"
        )
    ends = _ends(dialect, leaf.not_then, leaf.same, at, table) if leaf.not_then else "TRUE"
    return f"SELECT c.profile_id, count(*) AS n FROM {chain} AS c WHERE {ends} GROUP BY c.profile_id"


def _ends(dialect: Dialect, not_then: NotThen, same: str, at: int, table: Table) -> str:
    """Whether the wait after the end of a chain is over, and what must not follow didn't."""
    against = table(_step(dialect, not_then, same, at))
    is_over = f"c.time + {_interval(not_then.within)} <= {time(at)}" if not_then.within else "TRUE"
    by = _by(not_then.within, "a.time", "c.time") if not not_then.late_ends else ""
    follows = f"a.profile_id = c.profile_id AND a.v = c.v AND a.time > c.time{by}"
    return f"{is_over} AND NOT EXISTS (SELECT 1 FROM {against} AS a WHERE {follows})"


def _step(dialect: Dialect, step: Step | NotThen, same: str, at: int) -> str:
    """The newest matching events of each person that take part, with what they have in common."""
    value = at_path(dialect, same).plain if same else "''"
    conditions = [*named(step.event), *filters(dialect, step.where), *([f"{value} IS NOT NULL"] if same else [])]
    newest = "row_number() OVER (PARTITION BY e.profile_id ORDER BY e.time DESC)"
    found = f"SELECT e.profile_id, {value} AS v, e.time, {newest} AS place {rows(conditions, at)}"
    return f"SELECT profile_id, v, time FROM ({found}) AS found WHERE place <= {MOST_KEPT_OF_STEP}"


def _by(within: str, later: str, earlier: str) -> str:
    return f" AND {later} <= {earlier} + {_interval(within)}" if within else ""


def _interval(within: str) -> str:
    duration = duration_of(within)
    return f"INTERVAL '{duration.milliseconds // 1000 if duration else 0}' SECOND"
