"""manage_catalogue: makes, changes and shows what a company configures, to those who hold an API token."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from functions.manage_catalogue.api import app
from functions.manage_catalogue.routing import changing
from shared.api.serving import serve
from shared.domain.api_tokens import ApiToken
from shared.stores.kept import Kept


@cache
def tokens() -> Kept[str, ApiToken]:
    return Kept(changing().catalogue.find_api_token)


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """A request of the Catalogue HTTP API."""
    return serve(app, event, context, lambda token: tokens().get(token))
