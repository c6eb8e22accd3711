"""A contact with a person as an event that bears one of their identifiers."""

from collections.abc import Mapping
from typing import Any

from shared.domain.computed_attributes import CONTACT_LOGGED
from shared.domain.identifiers import Identifier

_DEVICE = {"device_id": "id", "advertising_id": "advertisingId", "device_token": "token"}


def contact_event(named: Identifier, message_id: str, time: str, said: Mapping[str, Any]) -> dict[str, Any]:
    """As a client would send it."""
    event = {
        "type": "track",
        "event": CONTACT_LOGGED,
        "messageId": message_id,
        "timestamp": time,
        "properties": dict(said),
    }
    return event | bearing(named)


def bearing(named: Identifier) -> dict[str, Any]:
    """The field in which events bear an identifier."""
    match named.namespace:
        case "user_id":
            return {"userId": named.value}
        case "anonymous_id":
            return {"anonymousId": named.value}
        case "email" | "phone":
            return {"context": {"traits": {named.namespace: named.value}}}
        case "device_id" | "advertising_id" | "device_token":
            return {"context": {"device": {_DEVICE[named.namespace]: named.value}}}
    external = {"type": named.namespace, "id": named.value, "collection": "users"}
    return {"context": {"externalIds": [external]}}
