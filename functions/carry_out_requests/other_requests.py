"""Other requests about who is erased: their exports go, and what is open of them has no subject any more."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from functions.carry_out_requests.working import Work
from shared.domain.erasures import named_in
from shared.domain.privacy_requests import PrivacyRequest, ended
from shared.domain.times import to_text


@dataclass(frozen=True, slots=True)
class OtherRequests:
    def found(self, work: Work) -> int:
        return len(_theirs(work))

    def erase(self, work: Work, after: str = "") -> Iterator[str]:
        for request in _theirs(work):
            now = datetime.now(UTC)
            if request.is_open:  # first: who is writing an export finds it so, and takes that away
                over = replace(
                    ended(request, "cancelled", to_text(now)), profile_id=min(work.person.profile_ids, default="")
                )
                request = work.doors.requests.put(over, now)
            work.doors.exports.delete(request.id)
            work.doors.requests.put(replace(request, profile_id=""), now)
            yield ""


def _theirs(work: Work) -> list[PrivacyRequest]:
    names = work.person.names()
    return [
        request
        for request in work.doors.requests.all()
        if request.id != work.request.id
        and (request.profile_id in work.person.profile_ids or any(named_in(mark, names) for mark in request.marks))
    ]
