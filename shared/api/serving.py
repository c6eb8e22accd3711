"""What every HTTP API function does around its routes: who asks, problems in one shape, logs without paths."""

from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from aws_lambda_powertools.event_handler.openapi.types import OpenAPIResponse

from shared.api.auth import authenticate, require
from shared.api.bodies import with_json_body
from shared.api.problems import ProblemError, raw_response, response
from shared.aws.observability import count, flush_metrics, logger
from shared.contracts.problems import CONTENT_TYPE, Problem
from shared.domain.api_tokens import ApiToken, Scope
from shared.domain.input_errors import fix_of, message_of

_TOKEN = "token"  # noqa: S105 - a name


def new_app() -> APIGatewayHttpResolver:
    """A router whose own refusals are problems like all others."""
    app = APIGatewayHttpResolver(enable_validation=True)
    app.exception_handler(ProblemError)(_problem)
    app.exception_handler(RequestValidationError)(_invalid)
    app.not_found(_not_found)
    return app


def serve(
    app: APIGatewayHttpResolver,
    event: Mapping[str, Any],
    context: Any,
    find_token: Callable[[str], ApiToken | None],
    path: Callable[[str], str] = lambda raw: raw,
    public: Collection[str] = (),
) -> dict[str, Any]:
    """The reply to a request of an HTTP API. Logs tell its id and what came of it; a path may hold an identifier and
    appears nowhere. `path` makes the raw path one that the router takes; those that are `public` need no token.
    """
    find = None if event["rawPath"] in public else find_token
    reply = _reply(app, {**event, "rawPath": path(event["rawPath"])}, context, find)
    status: int = reply["statusCode"]
    logger().info("Answered", extra={"request_id": event["requestContext"]["requestId"], "status": status})
    count(f"Replies{status // 100}xx")
    flush_metrics()
    return reply


def allow(app: APIGatewayHttpResolver, scope: Scope) -> ApiToken:
    """The token of the request in hand, if it has the scope. Raises ProblemError (403)."""
    token = token_of(app)
    require(token, scope)
    return token


def token_of(app: APIGatewayHttpResolver) -> ApiToken:
    """The token of the request in hand."""
    token: ApiToken = app.context[_TOKEN]
    return token


def documented(
    success: str, *problems: int, status: int = 200, model: type[Problem] = Problem
) -> dict[int, OpenAPIResponse]:
    """A route's replies, for its description."""
    replies: dict[int, OpenAPIResponse] = {status: {"description": success}}
    for problem in problems:
        replies[problem] = {"description": HTTPStatus(problem).phrase, "content": {CONTENT_TYPE: {"model": model}}}
    return replies


def _reply(
    app: APIGatewayHttpResolver,
    event: dict[str, Any],
    context: Any,
    find_token: Callable[[str], ApiToken | None] | None,
) -> dict[str, Any]:
    try:
        if find_token:
            app.context[_TOKEN] = authenticate(event.get("headers", {}), find_token, datetime.now(UTC))
        return app.resolve(with_json_body(event), context)
    except ProblemError as error:
        return raw_response(error.problem)
    except Exception:  # the caller gets a problem like any other, the log its cause
        logger().exception("A request broke off")
        return raw_response(Problem.of(500, "internal", "Something failed on our side.", fix="Try again later."))


def _problem(error: ProblemError) -> Response[str]:
    return response(error.problem)


def _invalid(error: RequestValidationError) -> Response[str]:
    return response(parameter_invalid(error.errors()[0]))


def parameter_invalid(error: Mapping[str, Any]) -> Problem:
    """What is wrong with a parameter, or with a body that isn't judged all at once."""
    field = ".".join(map(str, error["loc"][1:])) or str(error["loc"][-1])
    message = f"{field}: {message_of(error)}"
    return Problem.of(400, "parameter_invalid", message, field=field, fix=fix_of(error))


def _not_found(_: NotFoundError) -> Response[str]:
    return response(Problem.of(404, "route_not_found", "There is no such route."))
