"""ETags: an answer that a client has already isn't sent again."""

import hashlib
from collections.abc import Mapping
from typing import Any


def with_etag(reply: dict[str, Any], headers: Mapping[str, str]) -> dict[str, Any]:
    """A 200 with a weak ETag of what it says, or a 304 without a body where the request knows that."""
    if reply["statusCode"] != 200:
        return reply
    etag = f'W/"{hashlib.sha256(reply["body"].encode()).hexdigest()[:32]}"'
    told = {"headers": {**reply.get("headers", {}), "ETag": etag, "Cache-Control": "private, no-cache"}}
    known = next((value for name, value in headers.items() if name.lower() == "if-none-match"), "")
    if known.strip() == "*" or etag in [one.strip() for one in known.split(",")]:
        return {**reply, **told, "statusCode": 304, "body": "", "multiValueHeaders": {}}
    return {**reply, **told}
