"""Identity rules: what a company configures about who may become one person with whom."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from shared.domain.identifiers import DEVICE_NAMESPACES, ORDER, PHONE_REGION, Naming
from shared.domain.strict import Whole

DEFAULT_ID = "default"
"""A stage has one set of rules, and this is its id."""

MOST_IDENTIFIERS = 1000


@dataclass(frozen=True, slots=True)
class Limit:
    """How many identifiers of a namespace a profile may have; with `within_days`, how many first seen in so many."""

    most: Whole
    within_days: Whole = 0

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}


def _limits() -> dict[str, Limit]:
    devices = {namespace: Limit(5, within_days=7) for namespace in sorted(DEVICE_NAMESPACES)}
    return {"user_id": Limit(1), "email": Limit(5), "phone": Limit(5), **devices}


@dataclass(frozen=True, slots=True)
class IdentityRules:
    """`version` is written beside every decision made by these rules; 0 are those that ship.

    `priority`: of the namespaces on an event the last is demoted first, one that isn't listed before those that are;
    the anchor of an event stays what it is. `never_merge`: namespaces that may join a person, and never join two.
    `blocked`: values that name nobody, beside those that never do. `phone_region`: of numbers without a country code.
    """

    id: str = DEFAULT_ID
    limits: Mapping[str, Limit] = field(default_factory=_limits)
    priority: tuple[str, ...] = ORDER
    never_merge: tuple[str, ...] = ()
    blocked: tuple[str, ...] = ()
    phone_region: str = PHONE_REGION
    most_identifiers: Whole = MOST_IDENTIFIERS
    version: int = 0

    KIND: ClassVar[str] = "identity_rule_set"
    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    @property
    def naming(self) -> Naming:
        return Naming(frozenset(value.strip().lower() for value in self.blocked), self.phone_region)

    def rank(self, namespace: str) -> int:
        """Position in `priority`; lower is higher."""
        if namespace in self.priority:
            return self.priority.index(namespace)
        own = "external_id" if namespace not in ORDER else namespace
        return self.priority.index(own) if own in self.priority else len(self.priority)


RULES = IdentityRules()
