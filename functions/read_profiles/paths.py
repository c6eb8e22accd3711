"""Paths as the router can take them. A path holds an identifier, so any character may be in it."""

from urllib.parse import quote, unquote

PROFILES = "/v1/profiles/"
_EVENTS = "/events"


def routable(raw_path: str) -> str:
    """The path with its identifier as one encoded segment.

    An HTTP API hands on the path decoded, where an encoded slash has become a real one; other gateways hand it on
    as it came. An identifier that itself holds a `%` is therefore sent encoded twice.
    """
    path = unquote(raw_path)
    if not path.startswith(PROFILES):
        return raw_path
    identifier = path.removeprefix(PROFILES)
    suffix = _EVENTS if identifier.endswith(_EVENTS) else ""
    return PROFILES + quote(identifier.removesuffix(suffix), safe="") + suffix
