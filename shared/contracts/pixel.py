"""Events as images, for e-mail and AMP: one event in a query, answered by one transparent dot whatever happens."""

from base64 import b64decode, urlsafe_b64decode
from collections.abc import Mapping
from typing import Any

from shared.contracts.records import parse_json

TYPES = {f"/v1/pixel/{name}": name for name in ("identify", "track", "page", "screen", "group", "alias")} | {
    "/pixel/v1/track": "track",
    "/pixel/v1/page": "page",
}
"""Path -> type of its event: Segment's, and RudderStack's."""

GIF = b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")


def event_of(path: str, query: Mapping[str, str]) -> dict[str, Any]:
    """The event of `data` (JSON in base64, either alphabet, padded or not) or of the query's own names.

    Names with dots nest: `properties.plan=pro`. ValueError where `data` is no JSON object.
    """
    body: Any = _nested(query)
    if "data" in query:
        text = query["data"].strip().replace(" ", "+").rstrip("=")
        standard = text.translate(str.maketrans("+/", "-_"))
        body = parse_json(urlsafe_b64decode(standard + "=" * (-len(standard) % 4)).decode())
    if not isinstance(body, dict):
        raise ValueError("not an object")
    return {**body, "type": TYPES[path]}


def _nested(query: Mapping[str, str]) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for name, value in query.items():
        *outer, last = name.split(".")
        place = nested
        for part in outer:
            inner = place.setdefault(part, {})
            place = inner if isinstance(inner, dict) else {}
        place[last] = value
    return nested
