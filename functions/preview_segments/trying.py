"""What a trial comes to, by the lake: as JSON, with numbers and ids of profiles alone."""

from collections.abc import Callable, Mapping
from typing import Any

from functions.preview_segments.settings import Doors
from shared.domain.computed_attributes import ComputedAttribute
from shared.domain.identity_rules import DEFAULT_ID, RULES, IdentityRules
from shared.domain.segments.definition import Segment
from shared.domain.segments.trials import Kind, Trial
from shared.domain.times import from_text
from shared.lake.opening import LakeTooLargeError, opened
from shared.lake.scratch import NoRoomError, OutOfTimeError, Scratch, scratch, within
from shared.lake.segments.dialects import NotInSqlError
from shared.lake.segments.dry_running import Rules, dry_run
from shared.lake.segments.previewing import NoSnapshotError, preview, snapshot_at
from shared.lake.segments.pruning import first_day
from shared.stores.kept_purposes import KeptPurposes

MOST_BYTES = 6_000_000_000
"""Of events, as they lie in the lake: the rest of the disk is for what DuckDB can't keep in memory."""

_MEMORY_MB = 1_024

REFUSED: Mapping[type[Exception], str] = {
    NoSnapshotError: "no_snapshot",
    NotInSqlError: "not_in_lake",
    LakeTooLargeError: "lake_too_large",
    NoRoomError: "too_large",
    OutOfTimeError: "too_slow",
}
"""What is the same however often it is tried, with the reason that is told."""


def tried(to: Doors, trial: Trial, seconds: float) -> Mapping[str, Any]:
    """In so much time. Raises one of REFUSED."""
    others = [one for one in to.catalogue.list(Segment) if one.id != trial.segment.id]
    with scratch(_MEMORY_MB) as space, within(seconds, space.database):
        return _KINDS[trial.kind](to, trial, others, space)


def _preview(to: Doors, trial: Trial, others: list[Segment], space: Scratch) -> Mapping[str, Any]:
    first = first_day(trial.segment, others, snapshot_at(to.lake, space))
    lake = opened(to.lake, space, lambda day: day >= first, MOST_BYTES)
    sample, overlap = trial.params["sample"], trial.params["overlap"]
    return preview(lake, trial.segment, others, sample=sample, overlap=overlap).told()


def _dry_run(to: Doors, trial: Trial, others: list[Segment], space: Scratch) -> Mapping[str, Any]:
    first, last = from_text(trial.params["from"]), from_text(trial.params["to"])
    lake = opened(to.lake, space, lambda day: day <= str(last.date()), MOST_BYTES)
    naming = (to.catalogue.find(IdentityRules, DEFAULT_ID) or RULES).naming
    rules = Rules([*to.catalogue.list(ComputedAttribute)], KeptPurposes(to.catalogue)(), naming)
    return dry_run(lake, trial.segment, others, rules, first, last, trial.params["people"]).told()


_KINDS: Mapping[Kind, Callable[[Doors, Trial, list[Segment], Scratch], Mapping[str, Any]]] = {
    "preview": _preview,
    "dry_run": _dry_run,
}
