"""An entry of the audit log: who saw, changed or was given something of a person. Names of fields, never values."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

What = Literal["read", "exported", "changed", "disclosed"]

KEPT = timedelta(days=2 * 365)


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """`actor` is the name of an API token, or the function that acts by itself; `place` an operation of an API, or a
    function; `id` the request's, or the fact's and the destination's. `fields` are sections, `traits.<name>` or
    `identifiers.<namespace>`, none for what has no parts. A disclosure has a `destination`, `purposes`
    and their lawful `bases` as they were then.
    """

    profile_id: str
    at: str
    what: What
    id: str
    actor: str
    place: str
    fields: tuple[str, ...] = ()
    masked: bool = False
    destination: str = ""
    purposes: tuple[str, ...] = ()
    bases: tuple[str, ...] = ()


def fields_of(detail_type: str, told: Mapping[str, Any]) -> tuple[str, ...]:
    """What a payload discloses, by name: its fact, and of `{part: {name: value}}` each `<part>.<name>`."""
    named = (f"{part}.{name}" for part, values in told.items() for name in values)
    return (f"facts.{detail_type}", *sorted(named))
