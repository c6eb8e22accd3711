"""The command that says a segment as SQL, for Athena's console and for `jogakbo sql`."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from cli.access import TIMES, time_of
from cli.api import Api, ApiUrl, Local, Token, api_of
from cli.commands_segment_previews import Wanted
from cli.commands_segments import SEGMENTS
from cli.deployment import DeploymentError
from cli.lake_dry_run import item_in
from cli.lake_sql import prepared
from shared.domain.configuration import MADE, parsed
from shared.domain.segments.definition import Segment
from shared.domain.segments.windows import milliseconds
from shared.lake.segments.dialects import ATHENA, NotInSqlError
from shared.lake.segments.sql import compiled


def sql(
    segment: Wanted,
    at: Annotated[str, typer.Option("--at", help=f"As of when, without it now. {TIMES}")] = "",
    api_url: ApiUrl = "",
    api_token: Token = "",
    outputs: Local = None,
) -> None:
    """A segment as a query for the ids of who is in, over the lake's tables in Glue."""
    known = {one.id: one for one in _segments(api_of(api_url, api_token, outputs))}
    found = item_in(Path(segment), Segment) if Path(segment).suffix else known.get(segment)
    if found is None:
        raise DeploymentError(f"There is no segment {segment}. Remedy: jogakbo segment list")
    instant = milliseconds(time_of(at) if at else datetime.now(UTC))
    if instant < 0:  # windows reach back from it, and calendars have a beginning
        raise typer.BadParameter(f"{at} is before 1970.", param_hint="--at")
    try:
        text = compiled(found, (one for one in known.values() if one.id != found.id), instant, ATHENA)
    except NotInSqlError as error:
        raise DeploymentError(str(error)) from error
    typer.echo(prepared(text, "athena", pretty=True))


def _segments(api: Api) -> Iterator[Segment]:
    """Every one that there is."""
    for one in api.pages(SEGMENTS, "items"):
        item = parsed("segment", one["id"], {name: value for name, value in one.items() if name not in MADE})
        if not isinstance(item, Segment):
            raise DeploymentError(f"Segment {one['id']} can't be read. Remedy: a newer version of the command.")
        yield item
