"""JSON bodies of requests as the router takes them: an object in strict JSON, whatever the content type says."""

import json
from base64 import b64decode
from collections.abc import Mapping
from typing import Any

from shared.api.problems import ProblemError
from shared.contracts.problems import Problem
from shared.domain.validation import is_too_deep

_WITH_BODY = ("PATCH", "POST", "PUT")
_MOST_BYTES = 300_000
"""What an item of DynamoDB holds, with room for its other attributes."""


def with_json_body(event: Mapping[str, Any]) -> dict[str, Any]:
    """The event with its body as text, `{}` where it has none. Raises ProblemError (400, 413) for any other JSON."""
    if event["requestContext"]["http"]["method"] not in _WITH_BODY:
        return dict(event)
    body = event.get("body") or "{}"
    raw = b64decode(body) if event.get("isBase64Encoded") else body.encode(errors="surrogatepass")
    if len(raw) > _MOST_BYTES:
        raise ProblemError(Problem.of(413, "body_too_large", f"This body is over {_MOST_BYTES} bytes."))
    try:
        text = raw.decode()
        parsed = json.loads(text)
        json.dumps(parsed, ensure_ascii=False, allow_nan=False).encode()  # neither infinities nor lone surrogates
    except (ValueError, RecursionError):
        parsed = None
    if not isinstance(parsed, dict) or is_too_deep(parsed, text):
        raise ProblemError(Problem.of(400, "malformed_json", "The body is no JSON object.", fix="Send one."))
    headers = {name: value for name, value in event.get("headers", {}).items() if name.lower() != "content-type"}
    return {**event, "headers": {**headers, "content-type": "application/json"}, "body": text, "isBase64Encoded": False}
