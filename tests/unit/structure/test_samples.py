"""Every function has a sample of what triggers it and every fact one of its own, each in the shape of its service."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from shared.contracts.bus import DETAILS, SOURCE, Envelope
from shared.domain.facts import DetailType
from tests.unit.structure.repository import ROOT, functions

TRIGGERS = ROOT / "events" / "triggers"
BUS = ROOT / "events" / "bus"

STREAM = {"eventID", "eventName", "eventVersion", "awsRegion", "eventSourceARN"}
RECORD_KEYS = {
    "aws:dynamodb": STREAM | {"dynamodb"},
    "aws:kinesis": STREAM | {"kinesis", "invokeIdentityArn"},
    "aws:sqs": {"messageId", "receiptHandle", "body", "attributes", "md5OfBody", "eventSourceARN", "awsRegion"},
}
INNER_KEYS = {
    "dynamodb": {"Keys", "SequenceNumber", "StreamViewType", "ApproximateCreationDateTime"},
    "kinesis": {"partitionKey", "sequenceNumber", "data", "kinesisSchemaVersion", "approximateArrivalTimestamp"},
    "attributes": {"ApproximateReceiveCount", "SentTimestamp", "SenderId", "ApproximateFirstReceiveTimestamp"},
}
HTTP_KEYS = {"version", "routeKey", "rawPath", "rawQueryString", "headers", "requestContext", "isBase64Encoded"}

SCHEDULE_KEYS = {"version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail"}


def samples_of(function: str) -> list[Path]:
    """`store_events.json`, `store_events_retry.json` …: one per trigger."""
    return sorted(path for path in TRIGGERS.glob("*.json") if function_of(path) == function)


def function_of(path: Path) -> str | None:
    """The function whose name the file's name starts with."""
    return next((name for name in functions() if path.stem == name or path.stem.startswith(f"{name}_")), None)


def missing(sample: Mapping[str, Any]) -> set[str]:
    """Keys that the service would have sent and the sample lacks. KeyError for a service we have no trigger of."""
    if "request_id" in sample:
        return set()  # what our own state machine sends
    if sample.get("source") == "aws.events":
        return SCHEDULE_KEYS - sample.keys()
    if "Records" not in sample:
        context: Mapping[str, Any] = sample.get("requestContext", {})
        return (HTTP_KEYS - sample.keys()) | ({"http"} - context.keys())
    found: set[str] = set()
    for record in sample["Records"]:
        found |= RECORD_KEYS[record["eventSource"]] - record.keys()
        for inner in INNER_KEYS.keys() & record.keys():
            found |= INNER_KEYS[inner] - record[inner].keys()
    return found


@pytest.mark.parametrize("function", functions())
def test_a_function_has_a_sample_of_what_triggers_it(function: str) -> None:
    assert samples_of(function), f"events/triggers/{function}.json is missing"


@pytest.mark.parametrize("path", sorted(TRIGGERS.glob("*.json")), ids=lambda path: path.stem)
def test_a_trigger_sample_has_the_shape_of_its_service(path: Path) -> None:
    assert function_of(path), "the file is named after a function"
    sample = json.loads(path.read_text())
    assert missing(sample) == set()
    assert sample.get("Records", [sample]), "it has at least one record"
    if "requestContext" in sample:
        assert sample["version"] == "2.0"


@pytest.mark.parametrize("spoiled", ["version", "requestContext", "rawPath"])
def test_an_http_sample_without_a_part_is_seen(spoiled: str) -> None:
    sample = json.loads((TRIGGERS / "read_profiles.json").read_text())
    del sample[spoiled]
    assert spoiled in missing(sample)


def test_a_record_of_another_shape_is_seen() -> None:
    sample = json.loads((TRIGGERS / "stitch_identities.json").read_text())
    del sample["Records"][1]["dynamodb"]["SequenceNumber"]
    assert missing(sample) == {"SequenceNumber"}


@pytest.mark.parametrize("detail_type", DETAILS)
def test_a_fact_has_a_sample_that_its_contract_and_its_schema_accept(detail_type: DetailType) -> None:
    name = detail_type.lower().replace(" ", "_")
    sample = json.loads((BUS / f"{name}.json").read_text())
    schema = json.loads((BUS / f"{name}.schema.json").read_text())
    envelope = Envelope.model_validate(sample)
    assert (envelope.source, envelope.detail_type) == (SOURCE, detail_type)
    assert isinstance(envelope.fact(), DETAILS[detail_type])
    jsonschema.validate(sample["detail"], schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(sample["detail"] | {"surprise": 1}, schema)


def test_a_published_schema_is_the_contract() -> None:
    for detail_type, model in DETAILS.items():
        path = BUS / f"{detail_type.lower().replace(' ', '_')}.schema.json"
        published = json.loads(path.read_text())
        made = model.model_json_schema()
        assert {key: published[key] for key in ("$defs", "properties", "required")} == {
            key: made[key] for key in ("$defs", "properties", "required")
        }, path.name


def test_no_sample_is_left_over() -> None:
    known = {detail_type.lower().replace(" ", "_") for detail_type in DETAILS}
    assert {path.name.split(".")[0] for path in BUS.glob("*.json")} == known
