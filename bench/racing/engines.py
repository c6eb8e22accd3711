"""A change of a person against 1,000 segments: our index beside rule engines, in one run.

Each engine has the same rules over the same people, compiled before the clock runs, in the way its documentation calls
the fastest. Who answers otherwise than the first isn't timed.
"""

import json
import random
from collections.abc import Callable, Sequence
from typing import Any

from bench.growing.segments import TRAITS, Document, microseconds, people, person, rule, segments, with_names
from bench.results import Table
from shared.domain.computing import declarations
from shared.domain.segments.memberships import ready_of, segments_of


def indexed(rules: Sequence[Document], known: Sequence[Document]) -> Callable[[int], Any]:
    """Its answer are bits, as others answer with a list of truths."""
    ready, asked = segments_of(segments(rules)), [person(one) for one in known]
    return lambda number: ready.index.of(asked[number], is_known=True)


def one_by_one(rules: Sequence[Document], known: Sequence[Document]) -> Callable[[int], Any]:
    asks = [ready_of(one.where, one.zone, declarations(())) for one in segments(rules)]
    asked = [person(one) for one in known]
    return lambda number: [ask(asked[number]).truth for ask in asks]


def json_logic(one: Document) -> Document:
    if "op" in one:
        inner = [json_logic(part) for part in one["of"]]
        return {"!": inner} if one["op"] == "not" else {one["op"]: inner}
    return {{"eq": "==", "lt": "<", "gte": ">="}[one["operator"]]: [{"var": one["trait"]}, one["value"]]}


def expression(one: Document, not_: str, and_: str, or_: str) -> str:
    if "op" in one:
        inner = [f"({expression(part, not_, and_, or_)})" for part in one["of"]]
        return f"{not_}{inner[0]}" if one["op"] == "not" else (and_ if one["op"] == "and" else or_).join(inner)
    operator = {"eq": "==", "lt": "<", "gte": ">="}[one["operator"]]
    return f"{one['trait']} {operator} {json.dumps(one['value'])}"


def with_datalogic(rules: Sequence[Document], known: Sequence[Document]) -> Callable[[int], Any]:
    import datalogic_py

    engine = datalogic_py.Engine()
    compiled = engine.compile([json_logic(one) for one in rules])
    handles = [datalogic_py.DataHandle(json.dumps(one)) for one in known]
    session = engine.session()
    return lambda number: session.evaluate_data_str(compiled, handles[number])


def with_zen(rules: Sequence[Document], known: Sequence[Document]) -> Callable[[int], Any]:
    import zen

    compiled = zen.compile_expression(f"[{', '.join(expression(one, 'not ', ' and ', ' or ') for one in rules)}]")
    return lambda number: compiled.evaluate(known[number])


def with_cel(rules: Sequence[Document], known: Sequence[Document]) -> Callable[[int], Any]:
    import cel

    programs = [cel.compile(expression(one, "!", " && ", " || ")) for one in rules]
    contexts = [cel.Context(variables=one) for one in known]
    return lambda number: [program.execute(contexts[number]) for program in programs]


def with_json_logic(rules: Sequence[Document], known: Sequence[Document]) -> Callable[[int], Any]:
    from json_logic import jsonLogic

    logic = [json_logic(one) for one in rules]
    return lambda number: [bool(jsonLogic(one, known[number])) for one in logic]


ENGINES = {
    "jogakbo, index": indexed,
    "jogakbo, index and ids": with_names,
    "jogakbo, one by one": one_by_one,
    "datalogic-py": with_datalogic,
    "zen-engine": with_zen,
    "common-expression-language": with_cel,
    "panzi-json-logic": with_json_logic,
}


def agree(found: Any, rules: Sequence[Document]) -> list[bool]:
    """An engine's answer as one truth for each rule."""
    if hasattr(found, "members"):
        return [bool(found.members >> n & 1) for n in range(len(rules))]
    if hasattr(found, "segments"):
        return [f"s{n}" in found.segments for n in range(len(rules))]
    plain = json.loads(found) if isinstance(found, str) else found
    return [bool(one) for one in plain]


def race(is_whole: bool) -> Table:
    chance = random.Random(1)  # noqa: S311  # the same people in every run
    rules, known = [rule(chance) for _ in range(1_000)], people(chance)
    found = {name: make(rules, known) for name, make in ENGINES.items()}
    answers = {name: [agree(ask(number), rules) for number in range(5)] for name, ask in found.items()}
    expected = next(iter(answers.values()))
    at_least = 0.5 if is_whole else 0.1
    took = {name: microseconds(ask, at_least) for name, ask in found.items() if answers[name] == expected}
    first = next(iter(took.values()))
    rows = tuple((name, round(one, 1), round(one / first, 1)) for name, one in took.items())
    apart = ", ".join(name for name in ENGINES if name not in took)
    note = f"Not timed, as they say something else: {apart}." if apart else ""
    title = f"A person against 1,000 segments over {TRAITS} traits"
    return Table("engines", title, ("engine", "CPU us", "of ours"), rows, note)
