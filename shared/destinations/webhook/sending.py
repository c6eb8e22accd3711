"""Sends one fact to a webhook: its address is checked, and then signed and posted to that address alone."""

import json
from collections.abc import Mapping
from functools import partial

from shared.aws.secrets import secret_text
from shared.destinations.contract import Answer, Around, Parcel, Send
from shared.destinations.webhook.address_guard import Refused, Target, check
from shared.destinations.webhook.client import post
from shared.destinations.webhook.mapping import request_of

GONE = 410
_SLOW_DOWN = (429, 503)


def ready(parcel: Parcel, around: Around) -> Send | Answer:
    try:
        target = check(parcel.destination.url, allow_loopback=around.allow_loopback)
    except OSError:
        return Answer("retry", "name_not_resolved")
    if isinstance(target, Refused):
        return Answer("refused", target.reason)
    secrets = json.loads(secret_text(parcel.destination.secret_name))
    return partial(_post, target, *request_of(parcel, secrets, around.now))


def _post(target: Target, body: bytes, headers: Mapping[str, str]) -> Answer:
    answer = post(target, body, headers)
    if answer.is_success:
        return Answer("delivered", code=answer.code)
    if answer.code == GONE:
        return Answer("refused", "gone", answer.code)
    retry_after = answer.retry_after if answer.code in _SLOW_DOWN else None
    return Answer("retry", answer.failure or "status", answer.code, retry_after)
