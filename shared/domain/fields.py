"""Dotted paths into an event: read, set and taken out without changing the event they came from.

A path leads through maps alone. A top-level name that has dots itself, as columns of files do, is found first.
"""

from collections.abc import Mapping
from typing import Any

Tree = Mapping[str, Any]


def value_at(tree: Tree, path: str) -> Any:
    """What stands at a path; None where nothing does."""
    value: Any = tree
    for name in _steps(tree, path):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def with_value(tree: Tree, path: str, value: Any) -> dict[str, Any] | None:
    """The event with a value at a path; None where something that is no map stands in the way."""
    return _put(tree, _steps(tree, path), value)


def without(tree: Tree, path: str) -> dict[str, Any]:
    """The event without what stands at a path, and without the maps that this leaves empty."""
    return _taken(tree, _steps(tree, path))


def is_blank(value: Any) -> bool:
    """Whether a value says nothing: null, or a text without any letter, as an empty column of a file is."""
    return value is None or (isinstance(value, str) and not value.strip())


def _steps(tree: Tree, path: str) -> list[str]:
    return [path] if path in tree else path.split(".")


def _put(tree: Tree, steps: list[str], value: Any) -> dict[str, Any] | None:
    name, *rest = steps
    if not rest:
        return {**tree, name: value}
    inner = tree.get(name)
    if inner is None or inner == []:  # PHP writes an empty map as []
        inner = {}
    whole = _put(inner, rest, value) if isinstance(inner, Mapping) else None
    return None if whole is None else {**tree, name: whole}


def _taken(tree: Tree, steps: list[str]) -> dict[str, Any]:
    name, *rest = steps
    others = {other: value for other, value in tree.items() if other != name}
    inner = tree.get(name)
    if not rest or name not in tree:
        return others
    if not isinstance(inner, Mapping) or rest[0] not in inner:
        return dict(tree)
    left = _taken(inner, rest)
    return {**tree, name: left} if left else others
