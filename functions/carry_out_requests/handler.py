"""carry_out_requests: does privacy requests step by step, as the task of a state machine that knows only their ids."""

import traceback
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Protocol

from functions.carry_out_requests import correcting, erasure, exporting, stopping
from functions.carry_out_requests.settings import Doors, doors
from functions.carry_out_requests.steps import Again, Done, Failed, HasTime, HeldError, Step
from shared.aws.failures import discreet
from shared.aws.observability import count, flush_metrics, logger
from shared.domain.privacy_requests import PrivacyRequest, RequestKind, ended, failed, with_step
from shared.domain.times import to_text

KINDS: Mapping[RequestKind, Mapping[str, Step]] = {
    "access": exporting.ACCESS,
    "portability": exporting.PORTABILITY,
    "correction": correcting.STEPS,
    "stop": stopping.STOP,
    "resume": stopping.RESUME,
    "erasure": erasure.STEPS,
}
"""By kind of request its steps by name, in order."""

_STOP_MILLISECONDS = 60_000


class StepFailedError(Exception):
    """Says which step and the name of an error: its message may hold what nobody may read."""


class Context(Protocol):
    def get_remaining_time_in_millis(self) -> int: ...


@discreet
def handler(event: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """`{"request_id"}`; with `gave_up` the request has failed. `again` asks to be called again after `wait_seconds`,
    and to be told as `waited` that they have passed: only who has waited goes on.
    """

    def has_time() -> bool:
        return context.get_remaining_time_in_millis() > _STOP_MILLISECONDS

    try:
        to = doors()
        request = to.requests.find(event["request_id"])
        if request is None:
            return _answer()
        if not request.is_open:
            if request.state == "cancelled":
                to.exports.delete(request.id)  # who wrote one meanwhile was told by nobody
            return _answer()
        if event.get("gave_up"):
            return _fail(to, request, Failed(request.reason or "no_step_could_be_done"))
        if request.verification != "verified":
            return _fail(to, request, Failed("not_verified"))
        if request.state != "in_progress":
            request = _put(to, replace(request, state="in_progress"))  # nobody can cancel it any more
        return _carry_on(to, request, has_time, event.get("waited", 0))
    finally:
        flush_metrics()


def _carry_on(to: Doors, request: PrivacyRequest, has_time: HasTime, waited: int) -> dict[str, Any]:
    for name, step in KINDS[request.kind].items():
        if name in request.done:
            continue
        if not has_time():
            return _answer(again=True)
        match _stepped(to, request, name, step, has_time):
            case Done(wait_seconds=wait_seconds) if waited < wait_seconds:
                return _answer(again=True, wait_seconds=wait_seconds)
            case Done(result, _, profile_id):
                done = {step: what for step, what in request.done.items() if step != "progress"}
                after = replace(request, done=done, profile_id=profile_id or request.profile_id)
                request = _put(to, with_step(after, name, result))
            case Again(wait_seconds, progress):
                if progress:
                    _put(to, replace(with_step(request, "progress", progress), reason=request.reason))
                return _answer(again=True, wait_seconds=wait_seconds)
            case Failed() as why:
                return _fail(to, request, why)
    _put(to, ended(request, "completed", to_text(datetime.now(UTC))))
    count(f"{request.kind.capitalize()}Completed")
    return _answer()


def _stepped(to: Doors, request: PrivacyRequest, name: str, step: Step, has_time: HasTime) -> Done | Again | Failed:
    try:
        return step(to, request, has_time)
    except Exception as error:
        reason = f"{name}: {error if isinstance(error, HeldError) else type(error).__name__}"
        place = traceback.extract_tb(error.__traceback__)[-1]
        at = f"{place.name}:{place.lineno}"
        logger().error("a step failed", extra={"request_id": request.id, "reason": reason, "at": at})
        count("StepsFailed")
        if reason != request.reason:
            _put(to, replace(request, state="in_progress", reason=reason))
        raise StepFailedError(reason) from None


def _fail(to: Doors, request: PrivacyRequest, why: Failed) -> dict[str, Any]:
    done = {name: result for name, result in request.done.items() if name not in why.undone}
    _put(to, failed(replace(request, done=done), why.reason))
    logger().error("a request failed", extra={"request_id": request.id, "reason": why.reason})
    count("RequestsFailed")
    return _answer(failed=True)


def _put(to: Doors, request: PrivacyRequest) -> PrivacyRequest:
    return to.requests.put(request, datetime.now(UTC))


def _answer(*, again: bool = False, failed: bool = False, wait_seconds: int = 0) -> dict[str, Any]:
    return {"again": again, "failed": failed, "wait_seconds": wait_seconds}
