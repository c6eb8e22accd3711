"""What others build on: published schemas, samples and the OpenAPI description say what the code does."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError
from openapi_spec_validator import validate

from shared.contracts import collect, pixel, sdk_settings
from shared.contracts.bus import DETAILS, SOURCE, Envelope
from tests.published import BUS, published, slug


@pytest.mark.parametrize("path", published(), ids=str)
def test_a_generated_file_is_what_the_code_generates(path: Path) -> None:
    assert path.read_text() == published()[path], "run: python -m tests.published"


@pytest.mark.parametrize("detail_type", DETAILS)
def test_the_sample_of_a_fact_is_valid_by_its_schema_and_read_by_the_code(detail_type: str) -> None:
    sample, schema = sample_of(detail_type), json.loads((BUS / f"{slug(detail_type)}.schema.json").read_text())
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(sample["detail"])
    assert Envelope.model_validate(sample).fact().model_dump(mode="json") == sample["detail"]
    assert (sample["source"], sample["detail-type"]) == (SOURCE, detail_type)


@pytest.mark.parametrize("detail_type", DETAILS)
def test_a_schema_refuses_what_the_contract_does_not_name(detail_type: str) -> None:
    schema = json.loads((BUS / f"{slug(detail_type)}.schema.json").read_text())
    detail = sample_of(detail_type)["detail"]
    detail["data"]["email"] = "jane@example.com"
    with pytest.raises(ValidationError):
        Draft202012Validator(schema).validate(detail)


def test_every_file_beside_the_samples_belongs_to_a_fact() -> None:
    expected = {f"{slug(t)}{kind}" for t in DETAILS for kind in (".json", ".schema.json")}
    assert {path.name for path in BUS.iterdir()} == expected


def test_the_read_api_description_is_valid_openapi() -> None:
    description = json.loads(Path("docs/openapi/read.json").read_text())
    validate(description)
    for operation in (path["get"] for path in description["paths"].values()):
        assert {"200", "400", "401", "403", "404"} <= set(operation["responses"])
    assert description["security"] == [{"token": []}]


def test_the_quarantine_api_description_is_valid_openapi() -> None:
    description = json.loads(Path("docs/openapi/quarantine.json").read_text())
    validate(description)
    for operation in (operation for path in description["paths"].values() for operation in path.values()):
        assert {"400", "401", "403"} <= set(operation["responses"])
        assert {"200", "202"} & set(operation["responses"])


def test_the_collect_api_description_is_valid_openapi() -> None:
    description = json.loads(Path("docs/openapi/collect.json").read_text())
    validate(description)
    served = {*collect.SINGLE, *collect.BATCH, *pixel.TYPES, collect.METRICS_PATH, sdk_settings.RUDDER_PATH}
    assert served <= set(description["paths"])


def sample_of(detail_type: str) -> dict[str, Any]:
    sample: dict[str, Any] = json.loads((BUS / f"{slug(detail_type)}.json").read_text())
    return sample
