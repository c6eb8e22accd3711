"""Whom a request is about, where it is one person who stays: nobody known, or their profile."""

from datetime import UTC, datetime

from functions.carry_out_requests.finding import SEVERAL, live, named
from functions.carry_out_requests.settings import Doors
from functions.carry_out_requests.steps import Failed
from shared.domain.auditing import AuditEntry, What
from shared.domain.privacy_requests import PrivacyRequest
from shared.domain.profiles import Profile
from shared.domain.times import to_text

NOBODY = {"people": 0}


def person_of(doors: Doors, request: PrivacyRequest) -> Profile | Failed | None:
    """None where nobody is known. What several people share names none of them."""
    hashed = named(doors, request)
    if isinstance(hashed, Failed):
        return hashed
    found = live(doors, request, hashed)
    if len(found) > 1:
        return SEVERAL
    return found[0] if found else None


def audit(doors: Doors, request: PrivacyRequest, profile_id: str, what: What, *fields: str) -> None:
    """What was done to the person, once for each request."""
    at = to_text(datetime.now(UTC))
    function = "carry_out_requests"
    doors.audit.append(AuditEntry(profile_id, at, what, f"{request.kind} {request.id}", function, function, fields))
