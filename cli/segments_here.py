"""Segments tried over a copy of the lake on this machine: whatever its size, and with AWS credentials."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import typer

from cli.access import deployment, time_of
from cli.api import Body
from cli.commands_lake import copy_of
from cli.deployment import Deployment, DeploymentError
from cli.lake_dry_run import item_in
from cli.segment_samples import reasons
from shared.contracts.segments import reason_view
from shared.domain.computed_attributes import ComputedAttribute
from shared.domain.estimates import write_dollars
from shared.domain.identity_rules import DEFAULT_ID, RULES, IdentityRules
from shared.domain.segments.definition import Segment
from shared.lake.segments import dry_running
from shared.lake.segments.dialects import NotInSqlError
from shared.lake.segments.dry_running import Rules
from shared.lake.segments.previewing import NoSnapshotError
from shared.lake.segments.previewing import preview as previewed
from shared.stores.kept_purposes import KeptPurposes

_PAST = timedelta(days=30)


def preview_here(stage: str, outputs: Path | None, name: str, sample: int, overlap: bool) -> Body:
    """As the API answers."""
    deployed = deployment(stage, outputs)
    segment, others = wanted(deployed, name)
    try:
        with copy_of(deployed, outputs).opened() as lake:
            found = previewed(lake, segment, others, sample=sample, overlap=overlap)
    except (NoSnapshotError, NotInSqlError) as error:
        raise DeploymentError(str(error)) from error
    people = reasons(deployed, segment, found.sample)
    why = [{"profile_id": one, "why": reason_view(reason).model_dump()} for one, reason in people]
    return {**found.told(), "dollars": write_dollars(found.write_units), "sample": why}


def dry_run_here(stage: str, outputs: Path | None, name: str, first: str, last: str, people: int) -> Body:
    """As the API answers."""
    deployed = deployment(stage, outputs)
    segment, others = wanted(deployed, name)
    end = time_of(last) if last else datetime.now(UTC)
    start = time_of(first) if first else end - _PAST
    if start >= end:
        raise typer.BadParameter("The end of the time (--to, or now) isn't later than its beginning (--from).")
    catalogue = deployed.catalogue
    naming = (catalogue.find(IdentityRules, DEFAULT_ID) or RULES).naming
    rules = Rules([*catalogue.list(ComputedAttribute)], KeptPurposes(catalogue)(), naming)
    try:
        with copy_of(deployed, outputs).opened() as lake:
            return {**dry_running.dry_run(lake, segment, others, rules, start, end, people).told()}
    except NoSnapshotError as error:
        raise DeploymentError(str(error)) from error


def wanted(deployed: Deployment, name: str) -> tuple[Segment, list[Segment]]:
    """The segment, and all others there are."""
    known = {one.id: one for one in deployed.catalogue.list(Segment)}
    found = item_in(Path(name), Segment) if Path(name).suffix else known.get(name)
    if found is None:
        raise DeploymentError(f"There is no segment {name}. Remedy: jogakbo segment list; a file ends in .yaml.")
    return found, [one for one in known.values() if one.id != found.id]
