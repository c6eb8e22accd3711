"""Drives the Catalogue API by hand: requests as API Gateway sends them, with a token of any scopes."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from functions.manage_catalogue.handler import handler
from shared.domain.api_tokens import ApiToken, Scope
from shared.domain.times import to_text
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.tables import CATALOGUE
from tests.conftest import Deployment

SAMPLE = json.loads(Path("events/triggers/manage_catalogue.json").read_text())
TOKEN = "jgb_a-token-of-the-tests"

Reply = tuple[int, dict[str, Any]]


def give_token(aws: Deployment, token: str, *scopes: Scope, name: str = "tests") -> None:
    expires_at = to_text(datetime.now(UTC) + timedelta(days=1))
    CatalogueStore(aws.table(CATALOGUE)).put_api_token(token, ApiToken(name, scopes, expires_at))


def ask(method: str, path: str, body: Any = None, token: str = TOKEN, query: Any = None, **headers: str) -> Reply:
    """Status and body of the reply. Text goes as it is, anything else as JSON."""
    sent = {**SAMPLE["headers"], "authorization": f"Bearer {token}"}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    http = {**SAMPLE["requestContext"]["http"], "method": method, "path": path}
    event = {
        **SAMPLE,
        "rawPath": path,
        "headers": sent,
        "queryStringParameters": query,
        "requestContext": {**SAMPLE["requestContext"], "http": http},
        "body": body if isinstance(body, str) or body is None else json.dumps(body),
    }
    reply = handler(event, None)
    return reply["statusCode"], json.loads(reply["body"])
