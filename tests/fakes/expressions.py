"""DynamoDB's expressions over items of attribute values: conditions, updates, projections; names of top level only."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

Typed = dict[str, Any]
"""An attribute value, as `{"S": "text"}`."""
Attributes = Mapping[str, Typed]
Terms = Mapping[str, Any]
"""What `#names` and `:values` stand for."""
Test = Callable[[Attributes, Terms], bool]
Operand = Callable[[Attributes, Terms], Typed | None]
Step = Callable[[Attributes, Terms, dict[str, Typed | None]], None]

_TOKEN = re.compile(r"\s*([#:]?\w+|<>|<=|>=|[-+=<>(),])")
_COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


class ExpressionError(Exception):
    """What DynamoDB answers with a ValidationException."""


def holds(condition: str | None, item: Attributes, terms: Terms) -> bool:
    return condition is None or _condition(condition)(item, terms)


def updated(update: str, item: Attributes, terms: Terms) -> dict[str, Typed]:
    """`item` after an update: every value is taken from the item as it was."""
    written: dict[str, Typed | None] = {}
    for step in _update(update):
        step(item, terms, written)
    return {name: value for name, value in {**item, **written}.items() if value is not None}


def projected(projection: str | None, item: Attributes, terms: Terms) -> dict[str, Typed]:
    if projection is None:
        return dict(item)
    names = [_named(token, terms) for token in _tokens(projection) if token != ","]
    return {name: item[name] for name in names if name in item}


def terms_of(request: Mapping[str, Any], *expressions: str | None) -> Terms:
    """Names and values of a request; none may be unused."""
    terms = {**request.get("ExpressionAttributeNames", {}), **request.get("ExpressionAttributeValues", {})}
    used = {token for expression in expressions if expression for token in _tokens(expression)}
    if unused := sorted(terms.keys() - used):
        raise ExpressionError(f"Value provided in ExpressionAttributeValues unused in expressions: keys: {unused}")
    return terms


def number(value: Typed) -> Decimal:
    return Decimal(value["N"])


@lru_cache(4096)
def _tokens(expression: str) -> tuple[str, ...]:
    found, place = [], 0
    while place < len(expression.rstrip()):
        match = _TOKEN.match(expression, place)
        if match is None:
            raise ExpressionError(f"Syntax error: {expression[place:]}")
        found.append(match[1])
        place = match.end()
    return tuple(found)


@lru_cache(4096)
def _condition(expression: str) -> Test:
    reader = _Reader(_tokens(expression))
    test = reader.any_of()
    reader.end()
    return test


@lru_cache(4096)
def _update(expression: str) -> tuple[Step, ...]:
    return tuple(_Reader(_tokens(expression)).clauses())


def _named(token: str, terms: Terms) -> str:
    if token.startswith("#"):
        if token not in terms:
            raise ExpressionError(f"An expression attribute name used in expression is not defined; attribute: {token}")
        return str(terms[token])
    return token


def _equal(one: Typed | None, other: Typed | None) -> bool:
    if one is None or other is None:
        return False
    return number(one) == number(other) if "N" in one and "N" in other else one == other


def _ordered(one: Typed | None, other: Typed | None, compare: Callable[[Any, Any], bool]) -> bool:
    if one is None or other is None or one.keys() != other.keys():
        return False
    ((kind, mine),) = one.items()
    if kind == "N":
        return compare(number(one), number(other))
    (theirs,) = other.values()
    return compare(mine.encode(), theirs.encode()) if kind == "S" else compare(mine, theirs)


def _contains(holder: Typed | None, wanted: Typed | None) -> bool:
    if holder is None or wanted is None:
        return False
    ((kind, held),) = holder.items()
    ((its, value),) = wanted.items()
    return bool(value in held) if kind in (its, f"{its}S") else kind == "L" and wanted in held


def _begins(holder: Typed | None, prefix: Typed | None) -> bool:
    return bool(holder and prefix and "S" in holder and holder["S"].startswith(prefix["S"]))


def _plus(one: Typed | None, other: Typed | None, sign: int) -> Typed:
    if one is None or other is None or "N" not in one or "N" not in other:
        raise ExpressionError("An operand in the update expression has an incorrect data type")
    return {"N": str(number(one) + sign * number(other))}


def _added(before: Typed | None, more: Typed | None) -> Typed:
    """Numbers add up, sets of binaries unite."""
    if more is None or "BS" not in more:
        return _plus(before or {"N": "0"}, more, 1)
    if before is not None and "BS" not in before:
        raise ExpressionError("Type mismatch for ADD; operator: ADD, operand type: BS")
    return {"BS": sorted({*(before or {"BS": ()})["BS"], *more["BS"]})}


@dataclass
class _Reader:
    """Reads tokens from left to right."""

    tokens: tuple[str, ...]
    place: int = 0

    @property
    def next(self) -> str:
        return self.tokens[self.place] if self.place < len(self.tokens) else ""

    def take(self) -> str:
        token, self.place = self.next, self.place + 1
        return token

    def took(self, *wanted: str) -> bool:
        is_next = self.next.upper() in wanted
        self.place += is_next
        return is_next

    def expect(self, token: str) -> None:
        if not self.took(token):
            raise ExpressionError(f"Syntax error; token: {self.next or '<EOF>'}, expected: {token}")

    def end(self) -> None:
        self.expect("")

    def any_of(self) -> Test:
        tests = [self.all_of()]
        while self.took("OR"):
            tests.append(self.all_of())
        return lambda item, terms: any(test(item, terms) for test in tests)

    def all_of(self) -> Test:
        tests = [self.one()]
        while self.took("AND"):
            tests.append(self.one())
        return lambda item, terms: all(test(item, terms) for test in tests)

    def one(self) -> Test:
        if self.took("NOT"):
            inner = self.one()
            return lambda item, terms: not inner(item, terms)
        if self.took("("):
            inner = self.any_of()
            self.expect(")")
            return inner
        if self.tokens[self.place + 1 : self.place + 2] == ("(",):
            return self.function()
        return self.comparison()

    def function(self) -> Test:
        name = self.take()
        self.expect("(")
        left = self.operand()
        if name in ("attribute_exists", "attribute_not_exists"):
            self.expect(")")
            return lambda item, terms: (left(item, terms) is not None) == (name == "attribute_exists")
        try:
            test = {"begins_with": _begins, "contains": _contains}[name]
        except KeyError as error:
            raise ExpressionError(f"Invalid function name; function: {name}") from error
        self.expect(",")
        right = self.operand()
        self.expect(")")
        return lambda item, terms: test(left(item, terms), right(item, terms))

    def comparison(self) -> Test:
        left, how = self.operand(), self.take().upper()
        right = self.operand()
        if how == "BETWEEN":
            self.expect("AND")
            most = self.operand()
            return lambda item, terms: (
                _ordered(right(item, terms), left(item, terms), _COMPARED["<="])
                and _ordered(left(item, terms), most(item, terms), _COMPARED["<="])
            )
        if how in ("=", "<>"):
            return lambda item, terms: _equal(left(item, terms), right(item, terms)) == (how == "=")
        if how not in _COMPARED:
            raise ExpressionError(f"Syntax error; token: {how}")
        return lambda item, terms: _ordered(left(item, terms), right(item, terms), _COMPARED[how])

    def operand(self) -> Operand:
        token = self.take()
        if not re.fullmatch(r"[#:]?\w+", token):
            raise ExpressionError(f"Syntax error; token: {token or '<EOF>'}")
        if not token.startswith(":"):
            return lambda item, terms: item.get(_named(token, terms))

        def value(item: Attributes, terms: Terms) -> Typed:
            if token not in terms:
                raise ExpressionError(f"An expression attribute value used in expression is not defined: {token}")
            return dict(terms[token])

        return value

    def clauses(self) -> list[Step]:
        read = {"SET": self.set_step, "REMOVE": self.remove_step, "ADD": self.add_step}
        steps = []
        while self.next.upper() in read:
            clause = read[self.take().upper()]
            steps.append(clause())
            while self.took(","):
                steps.append(clause())
        self.end()
        return steps

    def set_step(self) -> Step:
        name = self.take()
        self.expect("=")
        value = self.sum()

        def step(item: Attributes, terms: Terms, written: dict[str, Typed | None]) -> None:
            found = value(item, terms)
            if found is None:
                raise ExpressionError("The provided expression refers to an attribute that does not exist in the item")
            _write(written, _named(name, terms), found)

        return step

    def remove_step(self) -> Step:
        name = self.take()
        return lambda item, terms, written: _write(written, _named(name, terms), None)

    def add_step(self) -> Step:
        name, added = self.take(), self.operand()

        def step(item: Attributes, terms: Terms, written: dict[str, Typed | None]) -> None:
            _write(written, _named(name, terms), _added(item.get(_named(name, terms)), added(item, terms)))

        return step

    def sum(self) -> Operand:
        left = self.settable()
        if self.next not in ("+", "-"):
            return left
        sign = 1 if self.take() == "+" else -1
        right = self.settable()
        return lambda item, terms: _plus(left(item, terms), right(item, terms), sign)

    def settable(self) -> Operand:
        if not self.took("IF_NOT_EXISTS"):
            return self.operand()
        self.expect("(")
        first = self.operand()
        self.expect(",")
        other = self.settable()
        self.expect(")")

        def value(item: Attributes, terms: Terms) -> Typed | None:
            found = first(item, terms)
            return other(item, terms) if found is None else found

        return value


def _write(written: dict[str, Typed | None], name: str, value: Typed | None) -> None:
    if name in written:
        raise ExpressionError(f"Two document paths overlap with each other; path one: [{name}]")
    if name in ("pk", "sk"):
        raise ExpressionError(f"Cannot update attribute {name}. This attribute is part of the key")
    written[name] = value
