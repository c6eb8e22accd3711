"""read_profiles: answers who a person is and what they did, to those who hold an API token."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

from functions.read_profiles.api import app
from functions.read_profiles.auth import authenticate
from functions.read_profiles.paths import routable
from functions.read_profiles.problems import ProblemError, raw_response
from functions.read_profiles.settings import settings
from shared.aws.observability import count, flush_metrics, logger
from shared.contracts.problems import Problem
from shared.domain.catalogue import ApiToken
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.kept import Kept


@cache
def tokens() -> Kept[str, ApiToken]:
    return Kept(CatalogueStore(settings().catalogue_table).find_api_token)


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Logs tell the request's id and what came of it; a path holds an identifier and appears nowhere."""
    reply = _reply(event, context)
    status: int = reply["statusCode"]
    logger().info("Answered", extra={"request_id": event["requestContext"]["requestId"], "status": status})
    count(f"Replies{status // 100}xx")
    flush_metrics()
    return reply


def _reply(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    try:
        token = authenticate(event.get("headers", {}), tokens().get, datetime.now(UTC))
        app.context["token"] = token
        return app.resolve({**event, "rawPath": routable(event["rawPath"])}, context)
    except ProblemError as error:
        return raw_response(error.problem)
    except Exception:  # the caller gets a problem like any other, the log its cause
        logger().exception("A request broke off")
        return raw_response(Problem.of(500, "internal", "Something failed on our side.", fix="Try again later."))
