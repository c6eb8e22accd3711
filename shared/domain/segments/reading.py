"""How conditions are read from documents, as pydantic is told it: in time, strictly, and with one sentence for each
flaw. What reads a catalogue without making its forms needs no pydantic.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

MOST_DEPTH = 6
MOST_LEAVES = 50


class Told:
    """Tells pydantic to say one thing of a value that is of none of a union's types, instead of one for each."""

    def __init__(self, message: str) -> None:
        self.message = message

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        from pydantic_core import core_schema

        name = "no_such_value"
        return core_schema.custom_error_schema(
            handler(source), custom_error_type=name, custom_error_message=self.message
        )


class StrictNumber:
    """Tells pydantic that neither text nor true is a number."""

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        from pydantic_core import core_schema

        kinds: list[Any] = [
            core_schema.int_schema(strict=True),
            core_schema.float_schema(strict=True, allow_inf_nan=False),
        ]
        return core_schema.union_schema(kinds)


class Bounded:
    """Tells pydantic to read no condition that is too deep or too large."""

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        from pydantic_core import PydanticCustomError, core_schema

        def bounded(where: Any) -> Any:
            if excess := excess_of(where):
                raise PydanticCustomError("flaw", "{message} {fix}", dict(excess._asdict()))
            return where

        return core_schema.no_info_before_validator_function(bounded, handler(source))


class Excess(NamedTuple):
    """What is too much of a condition as data, and `at` which steps below it."""

    message: str
    fix: str
    at: tuple[str, ...] = ()


def excess_of(where: Any, below: str = "of") -> Excess | None:
    """Level by level, as what is nested too deep can't be read any other way. `below`: the field of groups that holds
    what they consist of.
    """
    level: list[tuple[tuple[str, ...], Any]] = [((), where)]
    ends = 0
    for _ in range(MOST_DEPTH):
        next_level = [((*at, below, str(n)), one) for at, of in level for n, one in enumerate(_inner(of, below))]
        ends += sum(not _inner(one, below) for _, one in level)
        if ends > MOST_LEAVES or len(next_level) > MOST_LEAVES * MOST_DEPTH:
            number = max(ends, len(next_level))
            fix = f"{MOST_LEAVES} at most. A long list of values is one condition: `operator: in`."
            return Excess(f"These are {number} conditions or more.", fix)
        level = next_level
    if not level:
        return None
    fix = f"{MOST_DEPTH} levels at most: make a segment of a part, and ask for that."
    return Excess("It is nested too deep.", fix, level[0][0])


def _inner(condition: Any, below: str) -> Sequence[Any]:
    of = condition.get(below) if isinstance(condition, Mapping) else getattr(condition, below, None)
    return of if isinstance(of, list | tuple) else ()
