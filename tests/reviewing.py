"""Drives review_quarantine by hand: requests as API Gateway sends them, with a token that may do everything."""

import json
from pathlib import Path
from typing import Any

from cli.provision import add_token
from functions.review_quarantine.handler import handler
from shared.domain.api_tokens import SCOPES, Scope
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.tables import CATALOGUE
from tests.conftest import Deployment
from tests.pipeline import SOURCE

SAMPLE: dict[str, Any] = json.loads(Path("events/triggers/review_quarantine.json").read_text())
PATH = "/v1/quarantine"
RANGE = {"source": SOURCE, "from": "2026-11-01", "to": "2026-11-30"}
"""Holds what `record_bytes` of tests.pipeline was received at."""


class Reviewer:
    """Somebody with an API token named `reviewer`."""

    def __init__(self, aws: Deployment, scopes: tuple[Scope, ...] = SCOPES) -> None:
        self.token = add_token(CatalogueStore(aws.table(CATALOGUE)), "reviewer", scopes, 1)

    def ask(
        self, path: str = "", method: str = "GET", body: Any = None, token: str | None = None, **query: str
    ) -> tuple[int, dict[str, Any]]:
        asked = {
            **SAMPLE,
            "rawPath": f"{PATH}{path}",
            "headers": {"authorization": f"Bearer {token or self.token}", "content-type": "application/json"},
            "queryStringParameters": query or None,
            "requestContext": {
                **SAMPLE["requestContext"],
                "http": {**SAMPLE["requestContext"]["http"], "method": method},
            },
            "body": body if isinstance(body, str | None) else json.dumps(body),
        }
        reply = handler(asked, None)
        return reply["statusCode"], json.loads(reply["body"])

    def entries(self, **query: str) -> list[dict[str, Any]]:
        status, page = self.ask(**{**RANGE, **query})
        assert status == 200, page
        entries: list[dict[str, Any]] = page["entries"]
        return entries

    def entry(self, **query: str) -> dict[str, Any]:
        """The only one, with what came."""
        (listed,) = self.entries(**query)
        return self.show(listed["id"])

    def show(self, entry_id: str) -> dict[str, Any]:
        status, entry = self.ask(f"/{entry_id}")
        assert status == 200, entry
        return entry

    def replay(self, entry_id: str, **body: Any) -> tuple[int, dict[str, Any]]:
        return self.ask(f"/{entry_id}/replay", "POST", body)

    def replay_all(self, **body: Any) -> list[str]:
        """Ids of what was sent, over all pages."""
        sent: list[str] = []
        cursor = None
        while True:
            status, page = self.ask("/replay", "POST", {**RANGE, **body, "cursor": cursor})
            assert status == 202, page
            sent += page["sent"]
            if (cursor := page["next_cursor"]) is None:
                return sent
