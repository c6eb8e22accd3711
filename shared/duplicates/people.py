"""People as they are compared: of profiles or of an export, one row each with the fields that are declared."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from shared.duplicates.matching import RESERVED, Field, Matching
from shared.duplicates.values import comparable, found_at, name_parts
from shared.lake.columns import Column, declared
from shared.lake.scratch import Scratch

TABLE = "people"
ID = RESERVED
MOST_VALUES = 10
_ROWS_AT_ONCE = 20_000


class PeopleError(Exception):
    """These people can't be compared; the message says why."""


@dataclass(frozen=True, slots=True)
class Person:
    """`values` by field, normalised; a field without any is left out."""

    id: str
    values: Mapping[str, tuple[str, ...]]


def person_of(profile_id: str, content: Mapping[str, Any], matching: Matching) -> Person:
    """`content` are a person's traits, or a row of an export; under `identifiers` values by namespace."""
    content = _with_name_parts(content)
    found = {field.name: _values(field, content) for field in matching.fields}
    return Person(profile_id, {name: values for name, values in found.items() if values})


def _with_name_parts(content: Mapping[str, Any]) -> Mapping[str, Any]:
    """A whole name, where that is all there is, taken apart."""
    name = content.get("name")
    if not isinstance(name, str) or any(content.get(part) for part in ("given_name", "firstName", "first_name")):
        return content
    given, surname = name_parts(name)
    return {**content, "firstName": given, "lastName": content.get("lastName") or surname}


def _values(field: Field, content: Mapping[str, Any]) -> tuple[str, ...]:
    values = (comparable(field.kind, value) for value in found_at(content, (field.name, *field.sources)))
    different = dict.fromkeys(value for value in values if value)
    return tuple(sorted(islice(different, MOST_VALUES)) if field.has_many else islice(different, 1))


def load(scratch: Scratch, people: Iterable[Person], matching: Matching, most: int) -> int:
    """Put people into the table `people`, in the order of their ids; how many. PeopleError where that can't be."""
    columns = (Column(ID, "VARCHAR", "string"), *map(_column, matching.fields))
    scratch.run(f"CREATE TABLE read ({declared(columns)})")
    rows = ({ID: person.id, **_cells(person, matching)} for person in people)
    count = 0
    while part := list(islice(rows, _ROWS_AT_ONCE)):
        scratch.load("read", columns, part)
        count += len(part)
        if count > most:
            raise PeopleError(f"There are more than {most:,} people.")
    twice = scratch.rows(f"SELECT {ID} FROM read GROUP BY ALL HAVING count(*) > 1 ORDER BY ALL LIMIT 1")
    if twice:
        raise PeopleError(f"{twice[0][0]} stands twice.")
    scratch.run(f"CREATE TABLE {TABLE} AS SELECT * FROM read ORDER BY {ID}")
    scratch.run("DROP TABLE read")
    return count


def _column(field: Field) -> Column:
    if field.has_many:
        return Column(field.name, "VARCHAR[]", "array<string>")
    return Column(field.name, "VARCHAR", "string")


def _cells(person: Person, matching: Matching) -> dict[str, str | list[str]]:
    many = {field.name for field in matching.fields if field.has_many}
    return {name: list(values) if name in many else values[0] for name, values in person.values.items()}
