"""What has to happen so that the catalogue becomes what the files say: pure, over plain documents."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from shared.domain.maps import is_same

Document = Mapping[str, Any]
Key = tuple[str, str]
"""Kind and id of an item."""

NO_DEPTHS: Mapping[Key, int] = {}

ABSENT = object()
"""Stands in a difference where a side has no such field."""


class Present(NamedTuple):
    """An item of the catalogue as it was read."""

    document: Document
    version: int


class Difference(NamedTuple):
    field: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Step:
    """One item that is created, changed or deleted. `version` is the one that was read, 0 where there is none."""

    action: Literal["create", "change", "delete"]
    kind: str
    id: str
    before: Document
    after: Document
    version: int = 0

    @property
    def disables(self) -> bool:
        state = self.after.get("state")
        return self.action == "change" and state in ("disabled", "archived") and state != self.before.get("state")

    @property
    def differences(self) -> list[Difference]:
        return list(_differences("", self.before, self.after))


def plan(
    wanted: Mapping[Key, Document],
    present: Mapping[Key, Present],
    order: Sequence[str],
    delete: bool,
    depths: Mapping[Key, int] = NO_DEPTHS,
) -> list[Step]:
    """Steps in the order in which they can be taken: `order` has each kind behind the others that it refers to,
    `depths` says how many of its own kind an item is behind. What is disabled comes last, and what is deleted, when
    nothing names it any more.
    """
    steps = [step for key in _sorted(wanted, order, depths) if (step := _put(key, wanted[key], present.get(key)))]
    gone = [key for key in present if delete and key not in wanted]
    last = {(one.kind, one.id): one for one in steps if one.disables}
    last |= {key: Step("delete", *key, present[key].document, {}, present[key].version) for key in gone}
    return [*(one for one in steps if not one.disables), *(last[key] for key in reversed(_sorted(last, order, depths)))]


def _put(key: Key, document: Document, found: Present | None) -> Step | None:
    if found is None:
        return Step("create", *key, {}, document)
    return None if is_same(found.document, document) else Step("change", *key, found.document, document, found.version)


def _sorted(keys: Mapping[Key, Any], order: Sequence[str], depths: Mapping[Key, int]) -> list[Key]:
    return sorted(keys, key=lambda key: (order.index(key[0]), depths.get(key, 0), key[1]))


def _differences(field: str, before: Any, after: Any) -> Iterator[Difference]:
    """Field by field as deep as both sides have the same shape; a list of plain values is one value."""
    if is_same(before, after):
        return
    sides = _parts(before), _parts(after)
    if sides[0] is None or sides[1] is None:
        yield Difference(field, before, after)
        return
    for name in dict.fromkeys((*sides[0], *sides[1])):
        inner = f"{field}.{name}" if field else name
        yield from _differences(inner, sides[0].get(name, ABSENT), sides[1].get(name, ABSENT))


def _parts(value: Any) -> Mapping[str, Any] | None:
    """What a value is made of by name, None for one that is whole."""
    if isinstance(value, Mapping):
        return value
    if isinstance(value, list) and any(isinstance(entry, dict | list) for entry in value):
        return {str(place): entry for place, entry in enumerate(value)}
    return None
