"""What is compared of people, as data: fields, where their values stand, what two must share to be compared."""

from typing import Annotated, Any

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic import Field as Checked
from pydantic.dataclasses import dataclass

from shared.duplicates.levels import KINDS, MANY, SWAPPED, Kind, Level, nested_levels

_NAME = Annotated[str, Checked(pattern=r"^[a-z][a-z0-9_]{0,49}$")]
_STRICT = ConfigDict(extra="forbid")
RESERVED = "profile_id"


class MatchingError(Exception):
    """What is declared can't be used; the message names the place."""


@dataclass(frozen=True, config=_STRICT)
class Field:
    """`sources` are dotted paths into traits, the first that has a value counts; `identifiers.email` are the person's
    identifiers of a namespace. A column of an export with the field's own name counts as well. `swaps_with` names the
    field with which forms mix it up.
    """

    name: _NAME
    kind: Kind
    sources: tuple[str, ...] = ()
    swaps_with: _NAME | None = None

    @property
    def has_many(self) -> bool:
        return self.kind in MANY


@dataclass(frozen=True, config=_STRICT)
class Nested:
    """Fields that lie in one another, the finest first, compared as one: a street, its postcode, its city."""

    name: _NAME
    fields: tuple[_NAME, ...]


@dataclass(frozen=True, config=_STRICT)
class Blocking:
    """Two people who share all these fields are compared. `deterministic`: who shares them is one person as good as
    always; from these the number of duplicates is estimated. `trains`: the model learns from them; only for rules with
    something that differs within a family, or it learns what families are.
    """

    fields: tuple[_NAME, ...]
    deterministic: bool = False
    trains: bool = False

    @property
    def name(self) -> str:
        return " + ".join(self.fields)


@dataclass(frozen=True, config=_STRICT)
class Matching:
    fields: tuple[Field, ...]
    blocking: tuple[Blocking, ...]
    nested: tuple[Nested, ...] = ()

    def comparisons(self) -> dict[str, tuple[str, ...]]:
        """What is compared, by name: the fields of each."""
        nested = {nested.name: nested.fields for nested in self.nested}
        inside = {name for names in nested.values() for name in names}
        return {field.name: (field.name,) for field in self.fields if field.name not in inside} | nested

    def levels(self, comparison: str) -> tuple[Level, ...]:
        """The levels of a comparison, highest first."""
        nested = next((nested for nested in self.nested if nested.name == comparison), None)
        if nested:
            return nested_levels(nested.fields)
        field = self.field(comparison)
        return tuple(level for level in KINDS[field.kind] if field.swaps_with or level.name != SWAPPED)

    def field(self, name: str) -> Field:
        return next(field for field in self.fields if field.name == name)


def matching_of(content: Any) -> Matching:
    """Of plain data as a YAML file has it. Raises MatchingError."""
    try:
        matching = TypeAdapter(Matching).validate_python(content)
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise MatchingError(problems) from error
    names = [*(field.name for field in matching.fields), *(nested.name for nested in matching.nested)]
    if len(names) != len(set(names)) or RESERVED in names:
        raise MatchingError(f"fields and nested: two have the same name, or one is called {RESERVED}.")
    fields = set(names[: len(matching.fields)])
    used = {name for rule in matching.blocking for name in rule.fields}
    used |= {name for nested in matching.nested for name in nested.fields}
    used |= {field.swaps_with for field in matching.fields if field.swaps_with}
    if unknown := sorted(used - fields):
        raise MatchingError(f"{', '.join(unknown)}: no such field is declared.")
    if not matching.blocking or not all(rule.fields for rule in matching.blocking):
        raise MatchingError("blocking: at least one rule, each of at least one field.")
    if any(len(n.fields) < 2 or any(matching.field(f).has_many for f in n.fields) for n in matching.nested):
        raise MatchingError("nested: at least two fields, of which a person has one value.")
    return matching


PEOPLE = Matching(
    fields=(
        Field("given_name", "name", ("firstName", "first_name", "given_name"), swaps_with="surname"),
        Field("surname", "name", ("lastName", "last_name", "surname")),
        Field("birth_date", "date", ("birthday", "birth_date", "birthdate", "date_of_birth")),
        Field("email", "email", ("identifiers.email", "email")),
        Field("phone", "phone", ("identifiers.phone", "phone")),
        Field("street", "text", ("address.street", "street", "address_1")),
        Field("city", "text", ("address.city", "city", "suburb")),
        Field("postcode", "code", ("address.postalCode", "postal_code", "postalCode", "postcode", "zip")),
    ),
    blocking=(
        Blocking(("email",), deterministic=True),
        Blocking(("phone",), deterministic=True),
        Blocking(("given_name", "surname", "birth_date"), deterministic=True, trains=True),
        Blocking(("birth_date", "surname"), trains=True),
        Blocking(("birth_date", "given_name"), trains=True),
        Blocking(("birth_date", "postcode"), trains=True),
        Blocking(("given_name", "surname"), trains=True),
        Blocking(("given_name", "postcode"), trains=True),
        Blocking(("surname", "postcode")),
        Blocking(("surname", "city")),
        Blocking(("street", "postcode")),
        Blocking(("street", "city")),
        Blocking(("birth_date",), trains=True),
    ),
    nested=(Nested("address", ("street", "postcode", "city")),),
)
"""Of people with the traits that Segment's specification names, and some that are spelt otherwise."""
