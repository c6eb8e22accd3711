"""Finds the person an identifier stands for."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from shared.api.problems import ProblemError
from shared.aws.secrets import secret_text
from shared.contracts.problems import Problem
from shared.domain.identifiers import Identifier, Naming, normalise
from shared.domain.profiles import Profile
from shared.stores.keys import identifier_hash
from shared.stores.profile_finder import ProfileFinder

PROFILE_ID = "profile_id"
_NAMESPACE = re.compile(r"[a-z][a-z0-9_.]{0,49}")
_ULID = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")


class Contested(NamedTuple):
    """A device that several people use: all that is told is whose profile its own events go to."""

    profile_id: str


@dataclass(frozen=True, slots=True)
class Lookup:
    finder: ProfileFinder
    identifier_key_secret: str
    naming: Callable[[], Naming]

    def find(self, identifier: str) -> Profile | Contested:
        """By `<namespace>:<value>` or `profile_id:<id>`. Raises ProblemError (400, 404)."""
        namespace, value = _parts(identifier)
        found = self._by_id(value) if namespace == PROFILE_ID else self._by_identifier(namespace, value)
        if found is None:
            raise ProblemError(Problem.of(404, "profile_not_found", "Nobody is known by this identifier."))
        return found

    def hash_of(self, identifier: str) -> str:
        """The key of a `<namespace>:<value>`. Raises ProblemError (400)."""
        return self._hash_of(*_parts(identifier))

    def known(self, hashed: str) -> Profile | Contested | None:
        """Whom the key of an identifier stands for; None where nobody is known by it."""
        found = self.finder.by_identifier(hashed)
        if found is None:
            return None
        return Contested(found.profile_id) if found.contested else found.profile

    def named(self, identifier: str) -> tuple[Identifier, str]:
        """What a `<namespace>:<value>` names, normalised, and its key. Raises ProblemError (400)."""
        namespace, value = _parts(identifier)
        if namespace == PROFILE_ID:
            raise ProblemError(_invalid("A profile id is no identifier that an event could bear."))
        return self._named(namespace, value)

    def _by_id(self, profile_id: str) -> Profile | None:
        return self.finder.by_id(profile_id) if _ULID.fullmatch(profile_id) else None

    def _by_identifier(self, namespace: str, value: str) -> Profile | Contested | None:
        return self.known(self._hash_of(namespace, value))

    def _hash_of(self, namespace: str, value: str) -> str:
        return self._named(namespace, value)[1]

    def _named(self, namespace: str, value: str) -> tuple[Identifier, str]:
        normalised = normalise(namespace, value, self.naming())
        if normalised is None:
            raise ProblemError(_invalid(f"This is no value of {namespace} that names anybody."))
        return normalised, identifier_hash(secret_text(self.identifier_key_secret), normalised)


def _parts(identifier: str) -> tuple[str, str]:
    namespace, colon, value = identifier.partition(":")
    if not colon or not _NAMESPACE.fullmatch(namespace):
        raise ProblemError(
            _invalid("An identifier is written <namespace>:<value>, for example email:jane@example.com.")
        )
    return namespace, value


def _invalid(message: str) -> Problem:
    return Problem.of(400, "identifier_invalid", message, field="identifier")
