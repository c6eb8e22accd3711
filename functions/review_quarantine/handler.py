"""review_quarantine: shows what was refused and why, and sends it again once it is mended."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from functions.review_quarantine.api import app
from functions.review_quarantine.settings import doors
from shared.api.serving import serve
from shared.domain.api_tokens import ApiToken
from shared.stores.kept import Kept


@cache
def tokens() -> Kept[str, ApiToken]:
    return Kept(doors().catalogue.find_api_token)


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    return serve(app, event, context, tokens().get)
