"""Drives manage_privacy by hand: a privacy officer's requests as API Gateway sends them."""

import json
from pathlib import Path
from typing import Any

from cli.provision import add_token
from functions.manage_privacy.handler import handler as manage_privacy
from shared.domain.api_tokens import SCOPES, Scope
from shared.people.rebuilding import Rebuilder
from shared.people.stopping import Stopper
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.event_store import EventStore
from shared.stores.kept_declarations import KeptDeclarations
from shared.stores.profile_store import ProfileStore
from shared.stores.tables import CATALOGUE, EVENTS, LEDGER, PROFILES
from tests.conftest import Deployment

SAMPLE: dict[str, Any] = json.loads(Path("events/triggers/manage_privacy.json").read_text())
REQUESTS = "/v1/privacy/requests"


def stopper(aws: Deployment) -> Stopper:
    profiles = ProfileStore(aws.table(PROFILES), aws.table(LEDGER))
    declared = KeptDeclarations(CatalogueStore(aws.table(CATALOGUE)))
    return Stopper(Rebuilder(EventStore(aws.table(EVENTS)), profiles, declared))


def fetched(path: str, **query: str) -> dict[str, Any]:
    """The reply to somebody without an API token."""
    http = {**SAMPLE["requestContext"]["http"], "method": "GET", "path": path}
    context = {**SAMPLE["requestContext"], "http": http}
    asked = {**SAMPLE, "rawPath": path, "headers": {}, "body": None, "requestContext": context}
    reply: dict[str, Any] = manage_privacy({**asked, "queryStringParameters": query or None}, None)
    return reply


class Officer:
    """Somebody with an API token named `privacy`."""

    def __init__(self, aws: Deployment, scopes: tuple[Scope, ...] = SCOPES, purposes: tuple[str, ...] = ()) -> None:
        self.token = add_token(CatalogueStore(aws.table(CATALOGUE)), "privacy", scopes, 1, purposes)

    def ask(self, method: str, path: str, body: Any = None, **query: str) -> tuple[int, dict[str, Any]]:
        http = {**SAMPLE["requestContext"]["http"], "method": method, "path": path}
        asked = {
            **SAMPLE,
            "rawPath": path,
            "headers": {"authorization": f"Bearer {self.token}", "content-type": "application/json"},
            "queryStringParameters": query or None,
            "requestContext": {**SAMPLE["requestContext"], "http": http},
            "body": None if body is None else json.dumps(body),
        }
        reply = manage_privacy(asked, None)
        return reply["statusCode"], json.loads(reply["body"])

    def get(self, path: str, **query: str) -> dict[str, Any]:
        status, body = self.ask("GET", path, **query)
        assert status == 200, body
        return body

    def requests(self, kind: str, *identities: str, regulation: str = "gdpr", **params: Any) -> str:
        """A new request's id."""
        asked = {"kind": kind, "identities": identities, "regulation": regulation, "params": params}
        status, made = self.ask("POST", REQUESTS, asked)
        assert status == 201, made
        return str(made["id"])

    def does(self, what: str, request_id: str, body: Any = None) -> tuple[int, dict[str, Any]]:
        return self.ask("POST", f"{REQUESTS}/{request_id}/{what}", body)

    def verifies(self, request_id: str, result: str = "verified") -> dict[str, Any]:
        status, told = self.does("verify", request_id, {"result": result, "method": "email_link"})
        assert status == 200, told
        return told
