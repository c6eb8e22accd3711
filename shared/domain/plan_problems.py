"""What is wrong with a tracking plan, told before it is saved: no schemas, and those that contradict themselves."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any
from urllib.parse import quote

from jsonschema_rs import Draft202012, RegexOptions, Registry, ValidationError, canonicalize
from jsonschema_rs.canonical import CanonicalizationError, Satisfiability

from shared.domain.plan_checks import compiled
from shared.domain.tracking_plans import Schema, TrackingPlan

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_FIX = "Write it as JSON Schema 2020-12 says, patterns without look-around and back references."
_BASE = "urn:plan"
_OBJECT: dict[str, Any] = {"type": "object"}
_INSIDE_MAPS = ("properties", "patternProperties", "$defs", "dependentSchemas")
_INSIDE_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
_INSIDE = (
    "items contains additionalProperties propertyNames unevaluatedItems unevaluatedProperties not if then else".split()
)
_FOR_TYPE = {
    "number": {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"},
    "string": {"minLength", "maxLength", "pattern", "format"},
    "array": {"minItems", "maxItems", "prefixItems", "items", "contains", "uniqueItems"},
    "object": {"properties", "required", "additionalProperties", "minProperties", "maxProperties", "dependentRequired"},
}
_TOGETHER = ("properties", "patternProperties", "additionalProperties")
_UNSUPPORTED = (CanonicalizationError, ValidationError, ValueError)


@dataclass(frozen=True, slots=True)
class PlanProblem:
    """Where: the event's name, and a JSON pointer into its schema."""

    event: str
    pointer: str
    message: str
    fix: str

    @property
    def text(self) -> str:
        return f"{self.event}#{self.pointer}: {self.message} {self.fix}"


def problems(plan: TrackingPlan) -> tuple[PlanProblem, ...]:
    """Empty for a plan that can be used."""
    return tuple(problem for name, schema in plan.events.items() for problem in _of_event(name, schema))


def _of_event(name: str, schema: Schema) -> Iterator[PlanProblem]:
    if name == "$alias":
        yield PlanProblem(name, "", "An alias has neither properties nor traits.", "Leave it out.")
    elif not isinstance(schema, dict | bool):
        yield PlanProblem(name, "", "It is no schema.", "Write a JSON object.")
    elif found := list(_refusals(name, schema)):
        yield from found
    elif isinstance(schema, dict):
        yield from _contradictions(name, schema)


def _refusals(name: str, schema: Schema) -> Iterator[PlanProblem]:
    """Why a schema can't be compiled; foreign references first, so that nothing ever looks for them."""
    if isinstance(schema, dict) and schema.get("$schema", DIALECT) not in (DIALECT, f"{DIALECT}#"):
        yield PlanProblem(name, "/$schema", "It is of another draft.", f"Write {DIALECT}, or leave it out.")
    foreign = list(_foreign(schema, ""))
    for pointer in foreign:
        yield PlanProblem(name, pointer, "It refers to another document.", "Copy what it means into $defs.")
    if foreign:
        return
    try:
        compiled(schema, mask=None)
    except ValidationError as error:
        pointer = "".join(f"/{_escaped(str(step))}" for step in error.instance_path)
        yield PlanProblem(name, pointer, f"{error.message.partition('. ')[0]}.", _FIX)
    except ValueError as error:
        yield PlanProblem(name, "", f"{error}.", _FIX)


def _foreign(value: Any, pointer: str) -> Iterator[str]:
    """Pointers of references that leave the schema."""
    if isinstance(value, dict):
        for key, inner in value.items():
            there = f"{pointer}/{_escaped(str(key))}"
            if key in ("$ref", "$dynamicRef") and isinstance(inner, str) and not inner.startswith("#"):
                yield there
            yield from _foreign(inner, there)
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _foreign(inner, f"{pointer}/{place}")


def _contradictions(name: str, schema: dict[str, Any]) -> Iterator[PlanProblem]:
    """The innermost schemas that nothing satisfies, and members of an enum that nothing can be."""
    registry = Registry([(_BASE, schema)])
    broken: list[str] = []
    for pointer, part in _parts(schema, ""):
        if any(inner.startswith(f"{pointer}/") for inner in broken):
            continue
        found = list(_of_part(registry, pointer, part))
        broken.extend(place for place, _ in found)
        yield from (PlanProblem(name, place, message, "Mend or remove one of them.") for place, message in found)


def _of_part(registry: Registry, pointer: str, part: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Place and message."""
    for only in _only(pointer, part):
        if _is_empty({"allOf": [_ref(pointer), only]}, registry):
            yield pointer, f"Nothing can satisfy {_culprits(part, only)}."
            return
    members = part["enum"] if isinstance(part.get("enum"), list) else []
    for place, member in enumerate(members):
        if _is_empty({"allOf": [_ref(pointer), {"const": member}]}, registry):
            yield f"{pointer}/enum/{place}", "The schema around it allows no such value."


def _only(pointer: str, part: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What a part is asked for: anything; and any value of each type that its keywords are about."""
    yield {} if pointer else _OBJECT
    types = part.get("type", list(_FOR_TYPE))
    allowed = {"number" if kind == "integer" else kind for kind in ([types] if isinstance(types, str) else types)}
    yield from ({"type": kind} for kind, keywords in _FOR_TYPE.items() if kind in allowed and keywords & part.keys())


def _culprits(part: dict[str, Any], only: dict[str, Any]) -> str:
    """The one or two keywords that leave nothing, where they are so few."""
    names = [[key for key in _TOGETHER if key in part], *([key] for key in part if key not in (*_TOGETHER, "type"))]
    for count in range(3):
        for chosen in combinations([unit for unit in names if unit], count):
            keys = [key for unit in chosen for key in unit]
            for beside in ([], ["type"] if "type" in part else []):
                if _is_empty({"allOf": [{key: part[key] for key in (*keys, *beside)}, only]}, None):
                    return " and ".join([*keys, *beside] if count < 2 else keys)
    return "it as a whole"


def _is_empty(schema: dict[str, Any], registry: Registry | None) -> bool:
    """Whether it is proven that nothing satisfies a schema."""
    try:
        canonical = canonicalize(
            schema,
            draft=Draft202012,
            validate_formats=True,
            offline=True,
            registry=registry,
            pattern_options=RegexOptions(),
        )
        return canonical.satisfiability() == Satisfiability.NO
    except _UNSUPPORTED:  # what can't be reasoned about is no proof
        return False


def _parts(schema: Any, pointer: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The schemas within a schema, inner ones first. `true` and `false` are meant as they stand."""
    if not isinstance(schema, Mapping):
        return
    for key in _INSIDE:
        yield from _parts(schema.get(key), f"{pointer}/{key}")
    for key in _INSIDE_MAPS:
        for name, inner in (schema.get(key) or {}).items():
            yield from _parts(inner, f"{pointer}/{key}/{_escaped(name)}")
    for key in _INSIDE_LISTS:
        for place, inner in enumerate(schema.get(key) or []):
            yield from _parts(inner, f"{pointer}/{key}/{place}")
    yield pointer, dict(schema)


def _ref(pointer: str) -> dict[str, Any]:
    return {"$ref": f"{_BASE}#{quote(pointer)}"}


def _escaped(step: str) -> str:
    return step.replace("~", "~0").replace("/", "~1")
