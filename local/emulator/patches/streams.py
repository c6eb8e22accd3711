"""Kinesis and DynamoDB stream mappings, run as Lambda runs them: one worker per shard, retries as configured."""

import logging
import time
from typing import Any

from ministack.core.arn import parse_arn
from ministack.core.concurrency import spawn_background
from ministack.core.responses import request_scope
from ministack.services import lambda_svc

from local.emulator.patches.on_failure import leave_in_s3
from local.emulator.patches.retries import Batch, Failed, Record, policy_of, read_answer, settle
from local.emulator.patches.shards import Shard, shards_of

logger = logging.getLogger(__name__)
LONGEST_WAIT_SECONDS = 1.0
IDLE_WAKE_SECONDS = 0.005
_busy: set[tuple[str, str]] = set()


class MappingOffError(Exception):
    """The mapping was deleted or disabled while its batch was being driven."""


def run_stream_mappings_like_lambda() -> None:
    """Gap: one thread polls every mapping, so that a slow function delays all others; `ReportBatchItemFailures`,
    bisection, the number of retries and S3 destinations are ignored."""
    lambda_svc._poll_kinesis = lambda: _start_workers("kinesis")
    lambda_svc._poll_dynamodb_streams = lambda: _start_workers("dynamodb")
    lambda_svc._ESM_IDLE_WAKE_GAP_SECONDS = IDLE_WAKE_SECONDS


def _start_workers(service: str) -> bool:
    """True when a worker was started; workers wake the poller when they end."""
    started = False
    for account, region, mapping in lambda_svc._iter_all_esms():
        with request_scope(account, region):
            if parse_arn(mapping["EventSourceArn"]).service != service or not _is_on(mapping):
                continue
            for shard in shards_of(mapping):
                key = (mapping["UUID"], shard.id)
                if key not in _busy and shard.waiting():
                    _busy.add(key)
                    spawn_background(_work, shard, key, thread_name="stream-mapping")
                    started = True
    return started


def _work(shard: Shard, key: tuple[str, str]) -> None:
    try:
        while _is_on(shard.mapping) and (read := shard.read()):
            _drive(shard, lambda_svc._apply_filter_criteria(read, shard.mapping))
            shard.advance(len(read))
    except MappingOffError:
        logger.info("%s stopped reading %s", shard.mapping["FunctionName"], shard.id)
    finally:
        _busy.discard(key)
        lambda_svc.esm_wake.set()


def _drive(shard: Shard, records: list[Record]) -> None:
    mapping = shard.mapping
    policy = policy_of(mapping)

    def wait(invocations: int) -> None:
        time.sleep(min(0.05 * 2**invocations, LONGEST_WAIT_SECONDS))
        if not _is_on(mapping):
            raise MappingOffError

    def invoke(batch: list[Record]) -> Failed | None:
        while (result := _invoke(mapping, batch)).get("throttle"):
            wait(1)
        if result.get("error"):
            logger.warning("%s failed: %s\n%s", mapping["FunctionName"], result.get("body"), result.get("log", ""))
            return Failed(first=0, by_error=True)
        return read_answer(result.get("body"), batch, policy.partial)

    def give_up(batch: Batch, condition: str) -> None:
        _, configuration = _function(mapping)
        leave_in_s3(mapping, configuration, shard.id, batch, condition)

    if records:
        settle(records, policy, invoke, give_up, wait)
    mapping["LastProcessingResult"] = "OK"


def _invoke(mapping: dict[str, Any], batch: list[Record]) -> dict[str, Any]:
    function, _ = _function(mapping)
    result: dict[str, Any] = lambda_svc._execute_function(function, {"Records": batch})
    return result


def _function(mapping: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Its record and its configuration, looked up each time since a deployment may have replaced them."""
    found: tuple[dict[str, Any] | None, dict[str, Any]] = lambda_svc._get_func_record_for_qualifier(
        mapping["FunctionName"], mapping.get("Qualifier")
    )
    function, configuration = found
    if function is None:
        raise MappingOffError
    return function, configuration


def _is_on(mapping: dict[str, Any]) -> bool:
    """Call it in the account and region of the mapping."""
    return lambda_svc._esms.get(mapping["UUID"]) is mapping and bool(mapping.get("Enabled", True))
