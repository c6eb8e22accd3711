"""Takes webhooks of other companies' servers: a live source with a scheme, its sender's signature, then the stream."""

import re
from datetime import UTC, datetime

from functions.collect_events.collecting import check_rate, put
from functions.collect_events.packing import pack_webhook
from functions.collect_events.settings import doors
from shared.aws.observability import count, logger
from shared.contracts import collect
from shared.contracts.collect import Problem, Request, Response
from shared.domain.incoming_webhooks import Verified, brought, verify
from shared.domain.sources import Source, WebhookScheme
from shared.domain.validation import Refusal

WEBHOOK = re.compile(r"/v1/webhooks/([^/]+)")


def take_webhook(request: Request, source_id: str) -> Response:
    """What a delivery brings. Raises Problem."""
    collect.require_post(request)
    source = doors().sources.of_id(source_id)
    if source is None:
        raise Problem(404, "unknown_source", "There is no such source, or it is disabled.", fix="Check the URL.")
    try:
        _take(request, source)
    except Problem as problem:
        count("WebhooksRefused")
        ids = {"correlation_id": request.id, "source_id": source.id}
        logger().warning("webhook refused", extra={**ids, "code": problem.code})
        raise
    return collect.success()


def _take(request: Request, source: Source) -> None:
    scheme = source.webhook
    if scheme is None:
        fix = "Its owner sets a scheme: `jogakbo source webhook`."
        raise Problem(404, "no_webhook_scheme", "This source takes no webhooks.", fix=fix)
    now, body = datetime.now(UTC), collect.inflated(request.body)
    delivery = _verified(request, source.id, scheme, body, now)
    found = brought(collect.parsed(body), scheme.list_field)
    if found is None:
        raise Problem(400, "not_an_object", "The body must be a JSON object or a list of them.")
    many = len(found.entries)
    collect.require_count(many, scheme.list_field or None)
    check_rate(source, many)
    packed = pack_webhook(found, source, delivery.id, doors().identifier_key(), request.id, now)
    put(request, source, many, packed, now)


def _verified(request: Request, source_id: str, scheme: WebhookScheme, body: bytes, now: datetime) -> Verified:
    """Senders sign what they wrote; on its way it may have been compressed, before or after."""
    secrets = doors().webhook_secrets.get(source_id)
    if not secrets:
        wait = (("retry-after", str(collect.RETRY_AFTER_SECONDS)),)
        fix = "Its owner makes one: `jogakbo source webhook`."
        raise Problem(503, "no_webhook_secret", "This source has no secret to check it by.", fix=fix, headers=wait)
    verdict = verify(scheme, request.headers, {request.body, body}, secrets, now)
    if isinstance(verdict, Refusal):
        raise Problem(401, verdict.reason, _SAID[verdict.reason], verdict.field, verdict.fix)
    return verdict


_SAID = {
    "missing_signature": "The delivery isn't signed as this source asks.",
    "wrong_signature": "The signature isn't that of this body under this source's secret.",
    "stale_signature": "The delivery was signed more than five minutes ago, or ahead of the clock.",
}
