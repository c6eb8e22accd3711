"""preview_segments: previews and dry runs of segments that the API was asked for; each message is one of them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from functions.preview_segments.settings import Doors, doors
from functions.preview_segments.trying import REFUSED, tried
from shared.aws.failures import discreet
from shared.aws.observability import count, flush_metrics, logger
from shared.aws.queues import send_messages
from shared.contracts.queues import TrialAsked
from shared.domain.segments.trials import Trial, begun, done, failed
from shared.stores.catalogue_store import VersionConflictError

_AGAIN_SECONDS = 10
_TELLING_SECONDS, _MOST_SECONDS = 60, 840
"""What is left to end in, and what there is where nobody says how much is left."""


@discreet
def handler(event: Mapping[str, Any], context: Any) -> dict[str, list[dict[str, str]]]:
    """Messages of the previews queue. Those that come again are named."""
    try:
        failures = [record["messageId"] for record in event["Records"] if not _take(record, context)]
        return {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in failures]}
    finally:
        flush_metrics()


def _take(record: Mapping[str, Any], context: Any) -> bool:
    try:
        to = doors()
        trial = to.trials.find(TrialAsked.model_validate_json(record["body"]).trial_id, datetime.now(UTC))
        if trial and trial.is_open:
            _go_about(to, to.trials.put(begun(trial)), _seconds(context))
    except VersionConflictError:
        return True  # another message is about this trial
    except Exception:  # this message comes again, and in the end to the dead letters; its neighbours go on
        logger().exception("a message can't be taken", extra={"message_id": record["messageId"]})
        count("TrialMessagesFailed")
        return False
    return True


def _seconds(context: Any) -> float:
    return context.get_remaining_time_in_millis() / 1_000 - _TELLING_SECONDS if context else _MOST_SECONDS


def _go_about(to: Doors, trial: Trial, seconds: float) -> None:
    if trial.is_open:
        trial = to.trials.put(_ended(to, trial, seconds))
    if trial.is_open:
        send_messages(to.previews_queue_url, [TrialAsked(trial_id=trial.id).model_dump_json()], _AGAIN_SECONDS)
        return
    count(f"Trials{trial.state.capitalize()}")
    told = {"trial_id": trial.id, "kind": trial.kind, "state": trial.state, "reason": trial.reason}
    logger().info("trial ended", extra=told)


def _ended(to: Doors, trial: Trial, seconds: float) -> Trial:
    """As it is where it broke off, and is to be tried again."""
    try:
        return done(trial, tried(to, trial, seconds))
    except tuple(REFUSED) as error:
        return failed(trial, REFUSED[type(error)], str(error))
    except Exception:  # files that were replaced while they were fetched, or whatever breaks: it is tried again
        logger().exception("a trial broke off", extra={"trial_id": trial.id, "kind": trial.kind})
        count("TrialsBrokenOff")
        return trial
