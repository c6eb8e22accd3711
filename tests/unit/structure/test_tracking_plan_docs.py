"""What docs/tracking-plans.md shows is what happens."""

import json
import re
from dataclasses import replace
from typing import Any

from shared.domain.mapping import Mapped, Mapping, apply, problems
from shared.domain.plan_checks import Checker
from shared.domain.plan_problems import problems as plan_problems
from shared.domain.tracking_plans import TrackingPlan
from tests.unit.structure.repository import text

PAGE = text("docs/tracking-plans.md")


def shown(name: str) -> Any:
    (block,) = re.findall(rf"```json {name}\n(.*?)```", PAGE, re.DOTALL)
    return json.loads(block)


def mapping() -> Mapping:
    fields = shown("mapping")
    return Mapping("orders_csv", fields["name"], tuple(fields["rules"]))


def test_the_mapping_makes_the_event_of_the_row() -> None:
    assert problems(mapping()) == ()
    assert apply(mapping(), shown("row")) == Mapped(shown("event"), ("colour",))


def test_the_plan_takes_the_event() -> None:
    plan = TrackingPlan("shop", **shown("plan"))
    assert plan_problems(plan) == ()
    assert Checker(plan).decide(shown("event")) == ()


def test_the_contradiction_is_told_as_shown() -> None:
    plan = TrackingPlan("shop", **shown("plan"))
    total = {"type": "number", "minimum": 5, "maximum": 3}
    (problem,) = plan_problems(replace(plan, events={"Order Completed": {"properties": {"total": total}}}))
    assert f"    {problem.text}\n" in PAGE
