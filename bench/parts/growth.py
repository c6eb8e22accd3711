"""What grows with history, identifiers, segments and the size of files, and what doesn't."""

import gc
from collections.abc import Callable

from bench.growing.backfill import backfills
from bench.growing.clusters import clusters
from bench.growing.due import looks, sweeps
from bench.growing.imports import imports
from bench.growing.merges import merges
from bench.growing.segments import asked
from bench.growing.views import views
from bench.results import Part, Table


def measure(is_whole: bool) -> Part:
    merge, merge_goals = merges()
    seen, view_goals = views(is_whole)
    others = (clusters, asked, imports, backfills, sweeps, looks)
    tables = (merge, *seen, *(_apart(table, is_whole) for table in others))
    return Part("growth", "Growth", tables, (*merge_goals, *view_goals))


def _apart(table: Callable[[bool], Table], is_whole: bool) -> Table:
    """What others left behind isn't walked by the garbage collector while this one is timed."""
    gc.collect()
    return table(is_whole)
