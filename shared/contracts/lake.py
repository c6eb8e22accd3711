"""What build_lake is asked for: by its schedules, by `jogakbo lake build`, or by hand."""

from typing import Annotated, Any

from pydantic import Field

from shared.contracts.shape import Shape

Hour = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}$")]
Day = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]


class BuildLake(Shape):
    """Hours of writing (`2026-11-21T09`, UTC): one, a range, or without either every hour that closed since the last
    time. `compact`: no hours, but the days that have changed. `snapshot`: no hours, but the profile snapshot.
    `merges_from`: the merge map and the moves again from this day on.
    """

    hour: Hour | None = None
    first: Hour | None = Field(default=None, alias="from")
    last: Hour | None = Field(default=None, alias="to")
    compact: bool = False
    snapshot: bool = False
    merges_from: Day | None = None


def asked(event: dict[str, Any]) -> BuildLake:
    """What an invocation asks for; EventBridge's own scheduled event asks for what is due."""
    return BuildLake() if event.get("source") == "aws.events" else BuildLake.model_validate(event)
