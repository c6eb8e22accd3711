"""A tracking plan: which events a source may send, and what each looks like as JSON Schema."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

Policy = Literal["allow", "report", "quarantine"]
Schema = Mapping[str, Any] | bool


@dataclass(frozen=True, slots=True)
class TrackingPlan:
    """`events`: JSON Schema (2020-12) by event name, of its properties; under `$identify` and `$group` of the traits,
    under `$page` and `$screen` of the properties.

    `unplanned` is for track events that the plan doesn't name, `invalid` for events that break their schema.
    """

    id: str
    name: str
    events: Mapping[str, Schema] = field(default_factory=dict)
    unplanned: Policy = "report"
    invalid: Policy = "report"
    version: int = 0

    KIND: ClassVar[str] = "tracking_plan"
    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
