"""read_profiles: answers who a person is and what they did, to those who hold an API token."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from functions.read_profiles.api import app
from functions.read_profiles.routing import ENDINGS
from functions.read_profiles.settings import settings
from shared.api.etags import with_etag
from shared.api.paths import routable
from shared.api.serving import serve
from shared.domain.api_tokens import ApiToken
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.kept import Kept


@cache
def tokens() -> Kept[str, ApiToken]:
    return Kept(CatalogueStore(settings().catalogue_table).find_api_token)


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """A request of the Read HTTP API."""
    reply = serve(app, event, context, lambda token: tokens().get(token), routable(*ENDINGS))
    return with_etag(reply, event.get("headers", {}))
