"""collect_events: takes requests of SDKs and servers, and says 200 once their events are durably on the stream."""

from collections.abc import Mapping
from typing import Any

from functions.collect_events.collecting import take_events
from functions.collect_events.serving import served
from functions.collect_events.webhooks import WEBHOOK, take_webhook
from shared.aws.failures import discreet
from shared.aws.observability import count, flush_metrics, logger
from shared.contracts import collect
from shared.contracts.collect import Problem, Response


@discreet
def handler(event: Mapping[str, Any], context: object) -> Response:
    """A request of the Collect HTTP API. Every reply has the shape of the wire contract, failures of ours too.

    It names the correlation id under which its events can be followed to the webhook.
    """
    request_id = event["requestContext"]["requestId"]
    reply = _reply(event, request_id)
    reply["headers"]["x-correlation-id"] = request_id
    return reply


def _reply(event: Mapping[str, Any], request_id: str) -> Response:
    try:
        return _take(event)
    except Problem as problem:
        count("RequestsRefused")
        logger().info("refused", extra={"correlation_id": request_id, "code": problem.code})
        return collect.refusal(problem)
    except Exception as error:  # nothing was acknowledged: the client must hear that it can send again
        count("RequestsFailed")
        logger().error("failed", extra={"correlation_id": request_id, "error": type(error).__name__}, exc_info=True)
        retry = (("retry-after", str(collect.RETRY_AFTER_SECONDS)),)
        return collect.refusal(
            Problem(503, "unavailable", "The events could not be stored. Send again.", headers=retry)
        )
    finally:
        flush_metrics()


def _take(event: Mapping[str, Any]) -> Response:
    request = collect.request_of(event)
    if request.path in collect.SINGLE or request.path in collect.BATCH:
        return take_events(request)
    webhook = WEBHOOK.fullmatch(request.path)
    if webhook:
        return take_webhook(request, webhook[1])
    answer = served(request)
    if answer is None:
        raise Problem(404, "not_found", "There is nothing at this path.", fix="Send events to /v1/batch.")
    return answer
