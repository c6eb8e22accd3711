"""Conditions as trees: their leaves, how deep they are, and what two definitions have in common."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from shared.domain.segments.definition import Condition, Group, Leaf, Segment


def leaves(condition: Condition, pointer: str = "") -> Iterator[tuple[str, Leaf]]:
    """Every leaf with its JSON pointer below the condition, in the order they are written."""
    if not isinstance(condition, Group):
        yield pointer, condition
        return
    for place, inner in enumerate(condition.of):
        yield from leaves(inner, f"{pointer}/of/{place}")


def depth(condition: Condition) -> int:
    """1 for a leaf."""
    return 1 + max(map(depth, condition.of), default=0) if isinstance(condition, Group) else 1


def definition_hash(segment: Segment) -> str:
    """Equal for segments that the same people are in: what decides on it, canonical, hashed."""
    decides = [_plain(segment.where), segment.zone, segment.include_anonymous, dict(sorted(segment.split.items()))]
    text = json.dumps(decides, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _plain(value: Any) -> Any:
    """Without the order of `and` and `or`, which says nothing."""
    if isinstance(value, Group):
        inner = [_plain(one) for one in value.of]
        return {"op": value.op, "of": sorted(inner, key=lambda one: json.dumps(one, sort_keys=True))}
    if is_dataclass(value):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    return [_plain(one) for one in value] if isinstance(value, tuple | list) else value
