"""For any JSON as a plan or an event: both are judged without a crash, and no value is said."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.records import element
from shared.domain.plan_checks import Checker
from shared.domain.plan_problems import problems
from shared.domain.tracking_plans import TrackingPlan
from tests.property.test_events import JSON

KEYWORDS = {
    "type": st.sampled_from(["number", "integer", "string", "array", "object", ["string", "null"]]),
    "minimum": st.integers(-5, 5),
    "maximum": st.integers(-5, 5),
    "exclusiveMinimum": st.integers(-5, 5),
    "minLength": st.integers(0, 3),
    "maxLength": st.integers(0, 3),
    "enum": st.lists(st.integers(-5, 5) | st.text("ab", max_size=3), min_size=1, max_size=3),
    "required": st.lists(st.sampled_from(["a", "b"]), unique=True),
    "additionalProperties": st.booleans(),
}
NAMES = st.sampled_from(["a", "b", "c"])
SCHEMAS = st.recursive(
    st.fixed_dictionaries({}, optional=KEYWORDS),
    lambda inner: st.fixed_dictionaries(
        {},
        optional={**KEYWORDS, "properties": st.dictionaries(st.sampled_from(["a", "b", "c"]), inner), "items": inner},
    ),
    max_leaves=5,
)
SECRET = "secret-value"


def secret(value: Any) -> Any:
    """The same shape, its texts all the secret."""
    if isinstance(value, dict):
        return {name: secret(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [secret(inner) for inner in value]
    return SECRET if isinstance(value, str) else value


@given(SCHEMAS | JSON.map(lambda value: element(value).value))
def test_any_json_is_a_plan_or_has_problems(schema: Any) -> None:
    plan = TrackingPlan("p", "P", {"E": schema})
    if problems(plan) == ():
        Checker(plan)


@given(SCHEMAS, st.dictionaries(NAMES, JSON))
def test_no_value_of_an_event_is_said(schema: Any, properties: dict[str, Any]) -> None:
    item = element(secret(properties)).value
    verdict = Checker(TrackingPlan("p", "P", {"E": schema})).check({"type": "track", "event": "E", "properties": item})
    assert SECRET not in json.dumps(verdict.faults)
