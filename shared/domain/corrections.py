"""A correction as an event of the person, by which their traits get the right values."""

from typing import Any

from shared.domain.contacts import bearing
from shared.domain.identifiers import Identifier
from shared.domain.privacy_requests import VERIFICATION, PrivacyRequest
from shared.domain.profiles import Profile

SOURCE = "privacy"
"""The source that corrections are of."""


def correction_event(named: Identifier, request: PrivacyRequest) -> dict[str, Any]:
    """As a client would send it. Its time is when the request was verified, so it wins over all that came before."""
    event = {
        "type": "identify",
        "messageId": request.id,
        "timestamp": _time(request),
        "traits": dict(request.params["traits"]),
    }
    return event | bearing(named)


def is_applied(profile: Profile, request: PrivacyRequest) -> bool:
    """Whether each value has arrived, or something newer stands there."""
    traits = profile.state.traits
    return all(
        name in traits and (traits[name].message_id == request.id or traits[name].time > _time(request))
        for name in request.params["traits"]
    )


def _time(request: PrivacyRequest) -> str:
    told: dict[str, str] = request.done.get(VERIFICATION, {})
    return told.get("at", request.received_at)
