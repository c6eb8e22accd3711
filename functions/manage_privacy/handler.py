"""manage_privacy: requests about people, for those who hold an API token. What is verified is carried out elsewhere."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from functions.manage_privacy import opendsr_api
from functions.manage_privacy.api import app
from functions.manage_privacy.export_routes import EXPORTS
from functions.manage_privacy.opendsr_routing import is_opendsr
from functions.manage_privacy.settings import doors
from shared.api.serving import serve
from shared.domain.api_tokens import ApiToken
from shared.stores.kept import Kept


@cache
def tokens() -> Kept[str, ApiToken]:
    return Kept(doors().catalogue.find_api_token)


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """A request of the Privacy HTTP API, or of OpenDSR."""
    path: str = event["rawPath"]
    if is_opendsr(path):
        return opendsr_api.answer(event, context, lambda token: tokens().get(token))
    public = (path,) if path.startswith(EXPORTS) else ()
    return serve(app, event, context, lambda token: tokens().get(token), public=public)
