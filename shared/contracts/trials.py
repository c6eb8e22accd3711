"""What the APIs take and answer about previews and dry runs of segments."""

from typing import Any

from pydantic import Field

from shared.contracts.segments import ReasonView
from shared.contracts.shape import Shape
from shared.domain.segments.trials import Kind, Trial, TrialState


class TrialView(Shape):
    """A preview or dry run on its way. Ask `url` until it is `done` or `failed`."""

    id: str
    kind: Kind
    state: TrialState
    segment: str = Field(description="Its id; that of this preview, where the definition has none")
    created_at: str
    expires_at: str = Field(description="Nobody is told of it from then on")
    url: str = Field(examples=["/v1/segments/previews/01KAK3J8V2N5Q0T4W6Y8Z1B3D5"])


class OverlapView(Shape):
    """A live segment, by those who were told to be in it; `both` are in this one, too."""

    segment: str
    size: int
    both: int


class SampledView(Shape):
    """Somebody who would be in. `why` is as it is now; null where there is too much of the sample to read."""

    profile_id: str
    why: ReasonView | None


class PreviewView(Shape):
    """Of all `people` as of the profile snapshot. `entering` and `leaving` if it were published, which takes about so
    many write units of DynamoDB.
    """

    as_of: str
    people: int
    size: int
    entering: int
    leaving: int
    write_units: int
    dollars: float = Field(description="By list prices: DynamoDB on demand, us-east-1, 2026-11")
    overlaps: list[OverlapView]
    sample: list[SampledView] = Field(description="Without those who have gone since, or may not be processed")


class OfDayView(Shape):
    day: str = Field(description="UTC", examples=["2026-11-21"])
    entered: int
    left: int
    size: int = Field(description="At its end")


class DryRunView(Shape):
    """Over `people` of `everybody` who did anything by the end; days on which anything changed."""

    first: str
    last: str
    everybody: int
    people: int
    at_first: int = Field(description="How many were in at first")
    entered: int
    left: int
    days: list[OfDayView]


class TriedView(TrialView):
    """`preview` or `dry_run` once it is done, by its kind."""

    reason: str = Field(
        description="Why it failed: `no_snapshot`, `not_in_lake`, `lake_too_large`, `too_large`, `too_slow`, `gave_up`"
    )
    message: str = Field(description="The same as a sentence")
    preview: PreviewView | None
    dry_run: DryRunView | None


def on_its_way(trial: Trial) -> dict[str, Any]:
    """The fields of a TrialView."""
    return {
        "id": trial.id,
        "kind": trial.kind,
        "state": trial.state,
        "segment": trial.segment.id,
        "created_at": trial.created_at,
        "expires_at": trial.expires_at,
        "url": f"/v1/segments/previews/{trial.id}",
    }
