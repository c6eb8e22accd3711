"""Calls controllers back when the status of a request has changed; who can't be reached is owed it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from shared.destinations.webhook.address_guard import Refused, check
from shared.destinations.webhook.client import Answer, post
from shared.domain.opendsr import Callbacks, Claim, Status, after, is_over, owed, status_of, summary
from shared.domain.privacy_requests import PrivacyRequest
from shared.domain.times import from_text
from shared.opendsr.telling import callback
from shared.stores.catalogue_store import VersionConflictError
from shared.stores.opendsr_store import OpenDsrStore
from shared.stores.request_store import RequestStore

if TYPE_CHECKING:
    from shared.opendsr.signing import Signer

TIMEOUT_SECONDS = 5.0
_TRIES = 5
_ABANDONED = timedelta(days=7)
"""Whoever took it died before there was a request, and nobody sent it again: its URLs might name somebody."""


@dataclass(frozen=True, slots=True)
class Told:
    """How many URLs took the status, and how many did not."""

    told: int = 0
    missed: int = 0
    given_up: int = 0


@dataclass(frozen=True, slots=True)
class Caller:
    store: OpenDsrStore
    requests: RequestStore
    signer: "Callable[[], Signer]"
    allow_loopback: bool = False

    def tell(self, request_id: str, now: datetime) -> Told:
        """Tell who is owed it the status as it is now. Telling again what was told tells nothing."""
        callbacks = self.store.find_callbacks(request_id)
        claim = self.store.find_claim(callbacks.subject_request_id) if callbacks else None
        if callbacks is None or claim is None:
            return Told()
        request = self.requests.find(request_id)
        if request is None and now - from_text(claim.received_at) > _ABANDONED:
            self.store.release(claim)
            return Told()
        status = status_of(request)
        urls = owed(callbacks, status)
        results = self._called(urls, claim, request) if urls else {}
        if results:
            callbacks = self._noted(callbacks, status, results)
        if request and is_over(callbacks, status):
            self._close(callbacks, status, now)
        missed = sum(map(bool, results.values()))
        given_up = missed - sum(url in owed(callbacks, status) for url in results)
        return Told(len(results) - missed, missed, max(given_up, 0))

    def _called(self, urls: tuple[str, ...], claim: Claim, request: PrivacyRequest | None) -> dict[str, str]:
        """URL -> empty where it took it, else why not."""
        signer = self.signer()
        return {url: self._call(url, *callback(claim, request, url, signer)) for url in urls}

    def _call(self, url: str, body: bytes, headers: Mapping[str, str]) -> str:
        try:
            target = check(url, allow_loopback=self.allow_loopback)
        except OSError:
            return "name_not_resolved"
        if isinstance(target, Refused):
            return target.reason
        return _failure(post(target, body, headers, TIMEOUT_SECONDS))

    def _noted(self, callbacks: Callbacks, status: Status, results: Mapping[str, str]) -> Callbacks:
        """Written down though another worker wrote meanwhile."""
        for _ in range(_TRIES):
            try:
                return self.store.put_callbacks(after(callbacks, status, results))
            except VersionConflictError:
                found = self.store.find_callbacks(callbacks.request_id)
                if found is None:
                    return after(callbacks, status, results)
                callbacks = found
        raise VersionConflictError(f"callbacks of {callbacks.request_id} keep changing")

    def _close(self, callbacks: Callbacks, status: Status, now: datetime) -> None:
        """Into the request's own record, and out of what is owed."""
        request = self.requests.find(callbacks.request_id)
        if request:
            self.requests.put(replace(request, done={**request.done, "callbacks": summary(callbacks, status)}), now)
        self.store.forget_callbacks(callbacks.request_id)


def _failure(answer: Answer) -> str:
    return "" if answer.is_success else str(answer.code or answer.failure)
