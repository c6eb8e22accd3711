"""How records reach the functions, and what becomes of those that can't."""

import json
from typing import Any, get_args

import pytest

from infra.assets import FUNCTIONS, ROOT
from shared.contracts.bus import SOURCE
from shared.domain.facts import DetailType
from shared.domain.suppression import SETTLED
from tests.infra.conftest import Template

MAPPINGS: dict[str, dict[str, Any]] = {
    "StoreFromStream": {"BatchSize": 500, "MaximumRecordAgeInSeconds": 6 * 24 * 3600, "filter": None},
    "StitchFromEvents": {
        "BatchSize": 2_500,
        "MaximumRecordAgeInSeconds": 22 * 3600,
        "filter": {"eventName": ["INSERT"]},
    },
    "PublishFromProfiles": {
        "BatchSize": 100,
        "MaximumRecordAgeInSeconds": 22 * 3600,
        "filter": {"dynamodb": {"Keys": {"sk": {"S": ["P"]}}}},
    },
}


def _mapping(template: Template, name: str) -> dict[str, Any]:
    (found,) = [
        mapping["Properties"]
        for logical_id, mapping in template.of_type("Lambda::EventSourceMapping").items()
        if logical_id.startswith(f"Pipeline{name}")
    ]
    return dict(found)


@pytest.mark.parametrize("name", MAPPINGS)
def test_a_stream_is_read_from_its_start_and_failures_go_whole_to_s3(production: Template, name: str) -> None:
    mapping = _mapping(production, name)
    filters = mapping.pop("FilterCriteria", {"Filters": []})["Filters"]
    expected = dict(MAPPINGS[name])
    pattern = expected.pop("filter")
    assert [json.loads(found["Pattern"]) for found in filters] == ([pattern] if pattern else [])
    assert mapping.pop("DestinationConfig")["OnFailure"]["Destination"] == {"Fn::GetAtt": ["BucketLog", "Arn"]}
    del mapping["EventSourceArn"], mapping["FunctionName"]
    assert mapping == expected | {
        "BisectBatchOnFunctionError": True,
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "MaximumBatchingWindowInSeconds": 1,
        "MaximumRetryAttempts": 10,
        "ParallelizationFactor": 1,
        "StartingPosition": "TRIM_HORIZON",
    }


def test_records_are_kept_in_s3_before_their_stream_forgets_them(production: Template) -> None:
    kinesis = production.resources["StreamEvents"]["Properties"]["RetentionPeriodHours"] * 3600
    assert _mapping(production, "StoreFromStream")["MaximumRecordAgeInSeconds"] < kinesis
    for name in ("StitchFromEvents", "PublishFromProfiles"):
        assert _mapping(production, name)["MaximumRecordAgeInSeconds"] < 24 * 3600


@pytest.mark.parametrize("name", ["StoreFromRetries", "StitchFromRetries", "DeliverFromQueue"])
def test_a_queue_message_fails_alone(production: Template, name: str) -> None:
    mapping = _mapping(production, name)
    assert mapping["BatchSize"] == 10
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_files_are_imported_one_a_run_and_two_at_a_time(production: Template) -> None:
    mapping = _mapping(production, "ImportFromQueue")
    assert (mapping["BatchSize"], mapping["ScalingConfig"]) == (1, {"MaximumConcurrency": 2})
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_deliveries_never_flood_a_partner(production: Template) -> None:
    assert _mapping(production, "DeliverFromQueue")["ScalingConfig"] == {"MaximumConcurrency": 10}


def test_a_message_stays_hidden_six_times_as_long_as_its_function_may_take(production: Template) -> None:
    timeouts = {name: found["Properties"]["Timeout"] for name, found in production.of_type("Lambda::Function").items()}
    for name in ("StoreFromRetries", "StitchFromRetries", "DeliverFromQueue", "ImportFromQueue"):
        mapping = _mapping(production, name)
        queue = production.resources[mapping["EventSourceArn"]["Fn::GetAtt"][0]]["Properties"]
        assert queue["VisibilityTimeout"] >= 6 * timeouts[mapping["FunctionName"]["Ref"]]


def test_an_erasure_waits_longer_than_anybody_who_lets_people_in_may_be_at_work(production: Template) -> None:
    timeouts = {
        found["Properties"]["FunctionName"].removeprefix("jogakbo-production-"): found["Properties"]["Timeout"]
        for found in production.of_type("Lambda::Function").values()
    }
    let_in = ("store_events", "stitch_identities", "manage_people", "run_jobs", "deliver")
    assert max(timeouts[name] for name in let_in) < SETTLED.total_seconds()


def test_every_folder_of_functions_has_one_construct_of_the_same_name() -> None:
    folders = {path.parent.name for path in (ROOT / "functions").glob("*/handler.py")}
    constructs = {path.stem for path in (ROOT / "infra" / "functions").glob("*.py")} - {"__init__", "base"}
    assert folders == constructs == set(FUNCTIONS)


def test_functions_run_on_the_target_that_packaging_builds_for(production: Template) -> None:
    for properties in production.named("Lambda::Function", "FunctionName").values():
        assert (properties["Runtime"], properties["Architectures"]) == ("python3.13", ["arm64"])
        assert "SnapStart" not in properties


def test_only_the_local_stage_may_reach_private_webhooks(templates: dict[str, Template]) -> None:
    for stage, template in templates.items():
        allowed = {
            name
            for name, properties in template.named("Lambda::Function", "FunctionName").items()
            if "ALLOW_PRIVATE_WEBHOOKS" in properties["Environment"]["Variables"]
        }
        local = {
            f"jogakbo-local-{name}" for name in ("deliver", "manage_catalogue", "manage_privacy", "send_callbacks")
        }
        assert allowed == (local if stage == "local" else set())


def test_facts_are_routed_to_deliveries_and_lost_ones_kept(production: Template) -> None:
    rule = production.named("Events::Rule", "Name")["jogakbo-production-deliveries"]
    assert rule["EventPattern"] == {"source": [SOURCE], "detail-type": list(get_args(DetailType))}
    (target,) = rule["Targets"]
    assert target["Arn"] == {"Fn::GetAtt": ["QueueDeliveries", "Arn"]}
    assert target["DeadLetterConfig"]["Arn"] == {"Fn::GetAtt": ["QueueDeliveriesRuleDeadLetters", "Arn"]}


def test_the_sweep_of_what_expires_runs_every_hour(production: Template) -> None:
    rule = production.named("Events::Rule", "Name")["jogakbo-production-sweep_retention"]
    assert rule["ScheduleExpression"] == "rate(1 hour)"
    (target,) = rule["Targets"]
    assert target["Arn"]["Fn::GetAtt"][0].startswith("SweepRetentionFunction")
