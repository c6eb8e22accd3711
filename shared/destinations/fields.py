"""What of a person goes along, and what a payload calls it, as its destination declares."""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from shared.contracts.bus import Detail
from shared.domain.destinations import Destination, Hash, PayloadField
from shared.domain.profiles import Profile

_VALUES_PER_NAMESPACE = 20


def fields_for(destination: Destination, profile: Profile, withheld: Collection[str] = ()) -> dict[str, Any]:
    """`identifiers` {namespace: values, newest first}, `traits` {name: value}: those named, known and not withheld; of
    declared fields no others than they ask for.
    """
    identifiers: dict[str, list[str]] = {}
    namespaces, names = _asked(destination, "identifiers"), _asked(destination, "traits")
    for held in sorted(profile.held.values(), key=lambda held: (held.last, held.value), reverse=True):
        if held.namespace in namespaces:
            identifiers.setdefault(held.namespace, []).append(held.value)
    may = [name for name in names if name in profile.state.traits and name not in withheld]
    traits = {name: profile.state.traits[name].value for name in may}
    newest = {namespace: values[:_VALUES_PER_NAMESPACE] for namespace, values in identifiers.items()}
    return {name: found for name, found in (("identifiers", newest), ("traits", traits)) if found}


def renamed(declared: Iterable[PayloadField], fact: Detail, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The declared fields that are known. Of an identifier it is the newest value."""
    known = {**fact.model_dump(mode="json"), **fields}
    values = {field.name: _value(field, known) for field in declared}
    return {name: value for name, value in values.items() if value is not None}


def hashed(value: str, how: Hash) -> str:
    """As ad platforms compare it: identifiers are normalised already."""
    if not how:
        return value
    text = "".join(filter(str.isdigit, value)) if how == "sha256_digits" else value
    return hashlib.sha256(text.encode()).hexdigest()


def _asked(destination: Destination, part: str) -> tuple[str, ...]:
    named: tuple[str, ...] = getattr(destination, part)
    if not destination.fields:
        return named
    sources = {field.source for field in destination.fields}
    return tuple(name for name in named if f"{part}.{name}" in sources)


def _value(field: PayloadField, known: Mapping[str, Any]) -> Any:
    part, _, name = field.source.partition(".")
    value = known.get(part, {}).get(name)
    if part == "identifiers" and value:
        value = value[0]
    return hashed(str(value), field.hash) if field.hash and value is not None else value
