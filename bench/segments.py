"""What a change of a person costs where there are many segments: our index beside rule engines, in one run.

`python -m bench.segments`. Each engine has the same rules over the same people, compiled before the clock runs, in the
way its documentation calls the fastest. Answers are compared before anything is timed.
"""

import json
import random
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import reduce
from typing import Any

from pydantic import TypeAdapter

from shared.domain.computing import declarations
from shared.domain.segments.asking import Person
from shared.domain.segments.definition import Segment
from shared.domain.segments.memberships import conditions_of, ready_of, segments_of
from shared.domain.segments.windows import milliseconds
from shared.domain.state import ProfileState, unite
from shared.domain.tallies import Tally
from shared.domain.traits import Trait

TRAITS = 40
PEOPLE = 200
_READ = TypeAdapter(Segment)
_AT = "2026-11-22T09:00:00.000Z"

Document = dict[str, Any]
Engine = Callable[[Mapping[str, Any]], list[bool]]


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def leaf(chance: random.Random) -> Document:
    """Half of the traits are texts of ten values, half are numbers below a hundred."""
    trait = chance.randrange(TRAITS)
    if trait % 2:
        asked = {"operator": chance.choice(("lt", "gte")), "value": chance.randrange(100)}
        return {"trait": f"t{trait}", "type": "number", **asked}
    return {"trait": f"t{trait}", "type": "text", "operator": "eq", "value": f"v{chance.randrange(10)}"}


def rule(chance: random.Random, depth: int = 2) -> Document:
    """`and`, `or` and `not` of two to four."""
    kind = chance.random()
    if depth == 0 or kind < 0.2:
        return leaf(chance)
    if kind < 0.3:
        return {"op": "not", "of": [rule(chance, depth - 1)]}
    inner = [rule(chance, depth - 1) for _ in range(chance.randint(2, 4))]
    return {"op": chance.choice(("and", "or")), "of": inner}


def people(chance: random.Random) -> list[Document]:
    return [
        {f"t{n}": chance.randrange(100) if n % 2 else f"v{chance.randrange(10)}" for n in range(TRAITS)}
        for _ in range(PEOPLE)
    ]


def segments(rules: Iterable[Document]) -> list[Segment]:
    named = ({"id": f"s{n}", "name": "S", "state": "live", "where": one} for n, one in enumerate(rules))
    return [_READ.validate_python(one) for one in named]


def person(traits: Mapping[str, Any]) -> Person:
    state = ProfileState({name: Trait(value, _AT, "m", "e", "s") for name, value in traits.items()})
    return Person(state, frozenset({"user_id"}), {}, frozenset(), milliseconds(_AT))


def indexed(rules: Sequence[Document], known: Sequence[Document]) -> Callable[[int], Any]:
    """Its answer are bits, as others answer with a list of truths."""
    ready, asked = segments_of(segments(rules)), [person(one) for one in known]
    return lambda number: ready.index.of(asked[number], is_known=True)


def with_names(rules: Sequence[Document], known: Sequence[Document]) -> Callable[[int], Any]:
    """As it is asked for in a write: with the ids of the segments that somebody is in."""
    ready, asked = segments_of(segments(rules)), [person(one) for one in known]
    return lambda number: ready.of(asked[number], ())


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


def microseconds(ask: Callable[[int], Any], at_least: float = 0.5) -> float:
    """CPU for one person: the best of three rounds, each long enough."""
    ask(0)
    best = float("inf")
    for _ in range(3):
        asked, started = 0, time.process_time()
        while (took := time.process_time() - started) < at_least or asked < 3:
            ask(asked % PEOPLE)
            asked += 1
        best = min(best, took / asked)
    return best * 1e6


def agree(found: Any, rules: Sequence[Document]) -> list[bool]:
    """An engine's answer as one truth for each rule."""
    if hasattr(found, "members"):
        return [bool(found.members >> n & 1) for n in range(len(rules))]
    if hasattr(found, "segments"):
        return [f"s{n}" in found.segments for n in range(len(rules))]
    plain = json.loads(found) if isinstance(found, str) else found
    return [bool(one) for one in plain]


def race(rules: Sequence[Document], known: Sequence[Document]) -> dict[str, float]:
    expected: list[list[bool]] | None = None
    results = {}
    for name, make in ENGINES.items():
        try:
            ask = make(rules, known)
        except ImportError:
            say(f"{name:30} isn't installed")
            continue
        answers = [agree(ask(number), rules) for number in range(5)]
        expected = expected or answers
        if answers != expected:
            say(f"{name:30} says something else, and isn't timed")
            continue
        results[name] = microseconds(ask)
        say(f"{name:30} {results[name]:12.1f} us")
    return results


def windowed(number: int) -> list[Segment]:
    """Each asks for so many of one of a hundred events in a window."""
    chance = random.Random(3)  # noqa: S311  # the same rules in every run
    rules = [
        {
            "event": f"E{n % 100}",
            "count": {"operator": "gte", "value": chance.randint(1, 5)},
            "window": {"last": f"P{chance.randint(1, 30)}D"},
        }
        for n in range(number)
    ]
    return segments(rules)


def with_windows(number: int) -> float:
    """Somebody who did ten of the events, five times each."""
    known = windowed(number)
    ready, kept = segments_of(known), conditions_of(known)
    now, state = milliseconds(_AT), ProfileState()
    parts = {
        one.key: ["newest", 5, [now - 86_400_000 * day for day in range(5, 0, -1)], 0]
        for one in kept
        if one.event in {f"E{n}" for n in range(10)}
    }
    done = {f"E{n}": Tally(5, (_AT, "m"), (_AT, "m"), {}) for n in range(10)}
    state = reduce(unite, [ProfileState(events=done, computed=parts)], state)
    somebody = Person(state, frozenset({"user_id"}), {}, frozenset(), now)
    return microseconds(lambda _: ready.of(somebody, ()))


def main() -> None:
    chance = random.Random(1)  # noqa: S311  # the same people in every run
    rules, known = [rule(chance) for _ in range(10_000)], people(chance)
    say(f"A change of a person against 1,000 segments over {TRAITS} traits, CPU")
    results = race(rules[:1000], known)
    others = {name: took for name, took in results.items() if not name.startswith("jogakbo")}
    if others:
        best = min(others, key=others.__getitem__)
        say(f"{others[best] / results['jogakbo, index']:.1f} times as fast as {best}\n")
    for number in (100, 1000, 10_000):
        say(f"{number:6,} segments: {microseconds(with_names(rules[:number], known)):8.1f} us")
    for number in (100, 1000, 10_000):
        say(f"{number:6,} segments with windows: {with_windows(number):8.1f} us")


if __name__ == "__main__":
    main()
