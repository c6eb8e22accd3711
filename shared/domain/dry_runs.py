"""What a new mapping or tracking plan would have made of elements that came before."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from shared.domain.mapping import Mapped, Mapping, apply
from shared.domain.outcomes import refusal_note
from shared.domain.plan_checks import Checker
from shared.domain.tracking_plans import TrackingPlan
from shared.domain.validation import Refusal, message_id_of, problem_of

MOST_EXAMPLES = 5


@dataclass(slots=True)
class Report:
    """`outcomes` counts `stored` and `quarantined`; `notes` counts reasons as the ledger does; `examples` has the first
    message ids of each note. There is no value of anybody in it.
    """

    outcomes: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)


def dry_run(elements: Iterable[Any], mapping: Mapping | None, plan: TrackingPlan | None) -> Report:
    """Elements as they came, before any mapping. Nothing is kept of them, so there may be any number.

    ValueError where a schema of the plan is none: ask `plan_problems` first.
    """
    checker = Checker(plan) if plan else None
    report = Report()
    for element in elements:
        outcome, notes = _of_element(element, mapping, checker)
        report.outcomes[outcome] += 1
        for note in notes:
            report.notes[note] += 1
            examples = report.examples.setdefault(note, [])
            message_id = message_id_of(element)
            if message_id and len(examples) < MOST_EXAMPLES:
                examples.append(message_id)
    return report


def _of_element(element: Any, mapping: Mapping | None, checker: Checker | None) -> tuple[str, list[str]]:
    mapped = apply(mapping, element) if mapping else Mapped(element)
    if isinstance(mapped, Refusal):
        return "quarantined", [refusal_note(mapped.reason, mapped.field)]
    problem = problem_of(mapped.element, json.dumps(element, ensure_ascii=False, separators=(",", ":")))
    if problem:
        return "quarantined", [refusal_note(problem.reason, problem.field)]
    decided = checker.decide(mapped.element) if checker else ()
    if isinstance(decided, Refusal):
        return "quarantined", [refusal_note(decided.reason, decided.field)]
    return "stored", [*(f"unmapped:{name}" for name in mapped.unmapped), *decided]
