"""The channel of an event: over which of a company's doors a person came, in a small vocabulary."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from shared.domain.events import Event

ChannelName = Literal["web", "mobile", "server", "store", "call", "email", "sms", "push", "chat", "other"]

_NAMES: Mapping[str, ChannelName] = {
    "web": "web", "website": "web", "browser": "web",
    "mobile": "mobile", "app": "mobile", "ios": "mobile", "android": "mobile",
    "server": "server", "api": "server", "backend": "server",
    "store": "store", "retail": "store", "offline": "store", "pos": "store", "in_store": "store",
    "call": "call", "call_center": "call", "call_centre": "call", "callcenter": "call", "phone": "call",
    "email": "email", "e_mail": "email", "mail": "email",
    "sms": "sms", "push": "push", "chat": "chat", "messenger": "chat",
}  # fmt: skip

_LIBRARIES: Mapping[str, ChannelName] = {
    "node": "server",
    "android": "mobile", "ios": "mobile", "swift": "mobile", "kotlin": "mobile", "flutter": "mobile",
    "native": "mobile", "unity": "mobile",
    "js": "web", "javascript": "web",
}  # fmt: skip
"""By a word in the name of the SDK, the first that fits; any other SDK runs on a server."""

_TYPES: Mapping[str, ChannelName] = {"screen": "mobile", "page": "web"}


@dataclass(frozen=True, slots=True)
class Channel:
    """`raw` is what the client said; absent where the channel was told from the event's SDK or type."""

    name: ChannelName
    raw: str | None = None


def channel_of(event: Event) -> Channel | None:
    """What the client says (`context.channel`, `properties.channel`, `channel`), else what its event looks like."""
    context, properties = event.body.get("context"), event.body.get("properties")
    context = context if isinstance(context, Mapping) else {}
    holders = (context, properties if isinstance(properties, Mapping) else {}, event.body)
    for holder in holders:
        raw = holder.get("channel")
        if isinstance(raw, str) and raw.strip():
            word = raw.strip().lower().replace("-", "_").replace(" ", "_")
            return Channel(name=_NAMES.get(word, "other"), raw=raw.strip())
    name = _looks_like(event.type, context)
    return Channel(name=name) if name else None


def _looks_like(event_type: str, context: Mapping[str, Any]) -> ChannelName | None:
    library = context.get("library")
    name = str(library.get("name") or "").lower() if isinstance(library, Mapping) else ""
    if not name:
        return _TYPES.get(event_type)
    words = re.split("[^a-z0-9]+", name)
    return next((channel for word, channel in _LIBRARIES.items() if word in words), "server")
