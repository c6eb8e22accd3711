"""The audit log around answers: a route notes whom its answer is about; it goes out once that is written."""

from collections.abc import Callable
from datetime import UTC, datetime

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware

from shared.api.problems import response
from shared.api.serving import token_of
from shared.aws.observability import count, logger
from shared.contracts.problems import Problem
from shared.domain.auditing import AuditEntry, What
from shared.domain.times import to_text
from shared.stores.audit_log import AuditLog, NotAuditedError

_PEOPLE, _WHAT, _FIELDS = "audited_people", "audited_what", "audited_fields"


def about(app: APIGatewayHttpResolver, profile_id: str) -> None:
    """The answer in hand tells something of this person, or changes them."""
    app.context.setdefault(_PEOPLE, {})[profile_id] = True


def tells(app: APIGatewayHttpResolver, *fields: str) -> None:
    """Names of what the answer tells or changes."""
    app.context[_FIELDS] = fields


def only_reads(app: APIGatewayHttpResolver) -> None:
    """Of a request that changes by its method: this one is a preview."""
    app.context[_WHAT] = "read"


def audited(app: APIGatewayHttpResolver, log: Callable[[], AuditLog]) -> None:
    """From now on each answer of the app about people is in the log; one that can't be is a 503."""

    def middleware(app: APIGatewayHttpResolver, next_middleware: NextMiddleware) -> Response[str]:
        try:
            answer: Response[str] = next_middleware(app)
            people: dict[str, bool] = app.context.get(_PEOPLE, {})
            if answer.status_code < 400 and people:
                log().append(*(_entry(app, profile_id) for profile_id in people))
        except NotAuditedError:
            logger().exception("An answer was held back")
            count("AnswersNotAudited")
            return response(Problem.of(503, "not_audited", "The audit log can't be written.", fix="Try again later."))
        return answer

    app.use([middleware])


def _entry(app: APIGatewayHttpResolver, profile_id: str) -> AuditEntry:
    token = token_of(app)
    what: What = "read" if app.current_event.http_method == "GET" else "changed"
    return AuditEntry(
        profile_id=profile_id,
        at=to_text(datetime.now(UTC)),
        what=app.context.get(_WHAT, what),
        id=app.current_event.request_context.request_id,
        actor=token.name,
        place=app.context["_route"].operation_id,
        fields=tuple(app.context.get(_FIELDS, ())),
        masked="profiles:pii" not in token.scopes,
    )
