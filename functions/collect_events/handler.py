"""collect_events: takes requests of SDKs and servers, and says 200 once their events are durably on the stream."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from functions.collect_events.packing import pack
from functions.collect_events.settings import doors
from shared.aws.observability import count, flush_metrics, logger
from shared.aws.streams import put_records
from shared.contracts import collect
from shared.contracts.collect import Problem, Response


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
    _check_route(request)
    body = collect.payload(request.body)
    events = collect.events_of(request.path, body)
    source = doors().sources.of_write_key(collect.write_key_of(request, body, events))
    if source is None:
        raise Problem(401, "unknown_write_key", "The write key is unknown or revoked.", "writeKey")
    try:
        records = list(pack(request, body, events, source.id, doors().identifier_key(), datetime.now(UTC)))
    except RecursionError as error:
        raise Problem(400, "too_deep", "The body is nested too deeply.") from error
    put_records(doors().stream, records)
    count("RequestsAccepted")
    count("EventsAccepted", len(events))
    count("RecordsPut", len(records))
    sizes = {"events": len(events), "records": len(records), "source_id": source.id}
    logger().info("collected", extra={"correlation_id": request.id, **sizes})
    return collect.success()


def _check_route(request: collect.Request) -> None:
    if request.path not in collect.SINGLE and request.path not in collect.BATCH:
        raise Problem(404, "not_found", "There is nothing at this path.", fix="Send events to /v1/batch.")
    if request.method != "POST":
        raise Problem(405, "method_not_allowed", "Events are sent by POST.", headers=(("allow", "POST"),))
