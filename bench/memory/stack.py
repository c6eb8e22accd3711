"""A synthesised stack as plain data."""

from collections import Counter
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Mapping:
    """How a stream is read."""

    most: int
    window: float


@dataclass(frozen=True)
class Deployed:
    resources: dict[str, Any]

    def of_type(self, kind: str) -> dict[str, Any]:
        """Properties by logical id."""
        return {
            name: one.get("Properties", {}) for name, one in self.resources.items() if one["Type"] == f"AWS::{kind}"
        }

    def number(self, kind: str) -> int:
        return len(self.of_type(kind))

    def memory(self) -> dict[str, int]:
        """MB by the name of a function's folder."""
        functions = self.of_type("Lambda::Function").values()
        return {one["Handler"].split(".")[1]: one["MemorySize"] for one in functions if "MemorySize" in one}

    def mapping(self, name: str) -> Mapping:
        (found,) = [one for key, one in self.of_type("Lambda::EventSourceMapping").items() if name in key]
        return Mapping(found["BatchSize"], found.get("MaximumBatchingWindowInSeconds", 0))

    def kinds(self) -> Counter[str]:
        return Counter(one["Type"] for one in self.resources.values())
