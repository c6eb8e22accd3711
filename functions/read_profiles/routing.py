"""What the routes of the Read API share: the router, its parameters, and whom a request is about."""

from functools import cache
from typing import Annotated
from urllib.parse import unquote

from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from functions.read_profiles.settings import settings
from shared.api.auditing import about, audited
from shared.api.lookup import Contested, Lookup
from shared.api.problems import ProblemError
from shared.api.serving import new_app
from shared.contracts.problems import Problem
from shared.domain.profiles import Profile
from shared.stores.audit_log import AuditLog
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.kept_rules import KeptRules
from shared.stores.profile_finder import ProfileFinder
from shared.stores.profile_store import ProfileStore

app = new_app()

ENDINGS = (
    "/events",
    "/contacts",
    "/identifiers",
    "/why",
    "/provenance",
    "/audit",
    "/lineage",
    "/consents",
    "/segments/[a-z0-9_-]+",
)
"""What may stand behind a person's identifier in a path."""

Identifier = Annotated[
    str,
    Path(
        description="`<namespace>:<value>`, URL-encoded, or `profile_id:<id>`",
        examples=["email:jane@example.com", "user_id:u1", "profile_id:01KAK3J8V2N5Q0T4W6Y8Z1B3D5"],
    ),
]
Cursor = Annotated[str | None, Query(max_length=2000, description="`next_cursor` of the page before")]


@cache
def lookup() -> Lookup:
    rules = KeptRules(CatalogueStore(settings().catalogue_table))
    finder = ProfileFinder(settings().profiles_table)
    return Lookup(finder, settings().identifier_key_secret, lambda: rules.get().naming)


@cache
def profiles() -> ProfileStore:
    return ProfileStore(settings().profiles_table)


@cache
def audit_log() -> AuditLog:
    return AuditLog(settings().ledger_table)


audited(app, lambda: audit_log())


def known(identifier: str) -> Profile | Contested:
    """Whom an identifier stands for; the audit log will say that they were told of. Raises ProblemError (400, 404)."""
    found = lookup().find(identifier)
    about(app, found.profile_id if isinstance(found, Contested) else found.id)
    return found


def person(identifier: str) -> Profile:
    """The live profile of an identifier as it stands in a path. Raises ProblemError (400, 404, 409)."""
    found = known(unquote(identifier))
    if isinstance(found, Contested):
        message = "Several people use this device, so it names nobody."
        raise ProblemError(
            Problem.of(409, "identifier_contested", message, fix="Use another identifier of the person.")
        )
    return found
