"""Paths as the router can take them. A path holds an identifier, so any character may be in it."""

import re
from collections.abc import Callable
from urllib.parse import quote, unquote

PROFILES = "/v1/profiles/"
GROUPS = "/v1/groups/"


def routable(*endings: str) -> Callable[[str], str]:
    """What makes a path one with its identifier as one encoded segment; `endings`, as regular expressions, may stand
    behind that.

    An HTTP API hands on the path decoded, where an encoded slash has become a real one; other gateways hand it on
    as it came. An identifier that itself holds a `%` is therefore sent encoded twice.
    """

    ending = re.compile(f"(?:{'|'.join(endings)})$") if endings else re.compile("$")

    def made(raw_path: str) -> str:
        path = unquote(raw_path)
        if path.startswith(GROUPS):
            return GROUPS + quote(path.removeprefix(GROUPS), safe="")
        if not path.startswith(PROFILES):
            return raw_path
        identifier = path.removeprefix(PROFILES)
        behind = found[0] if (found := ending.search(identifier)) else ""
        return PROFILES + quote(identifier.removesuffix(behind), safe="") + behind

    return made
