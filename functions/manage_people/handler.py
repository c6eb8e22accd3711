"""manage_people: operations on people, for those who hold an API token: freezing, and jobs, which run_jobs does."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from functions.manage_people.api import app
from functions.manage_people.routing import ENDINGS
from functions.manage_people.settings import doors
from shared.api.paths import routable
from shared.api.serving import serve
from shared.domain.api_tokens import ApiToken
from shared.stores.kept import Kept


@cache
def tokens() -> Kept[str, ApiToken]:
    return Kept(doors().catalogue.find_api_token)


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """A request of the People HTTP API."""
    return serve(app, event, context, lambda token: tokens().get(token), routable(*ENDINGS))
