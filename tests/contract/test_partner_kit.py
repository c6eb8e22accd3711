"""The partner kit says what is put: its own tests pass, AsyncAPI describes its samples, no release broke."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

from shared.contracts.partners import PARTNER_DETAILS
from tests.partner_kit import KIT, RELEASED, sample, schema, slug

BROKEN = """
class Counter:
    def __init__(self): self.n = 0
    def take(self, event): self.n += 1
    def state(self): return self.n
"""


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", "/dev/null", "--rootdir", str(KIT)]
    return subprocess.run(
        [*command, str(KIT / "test_contract.py"), *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "", "PYTHONPATH": "", **environment},
    )


def test_the_tests_of_the_kit_pass_with_its_own_consumer_and_catch_one_that_counts_repeats(tmp_path: Path) -> None:
    passed = run()
    assert passed.returncode == 0, passed.stdout
    (tmp_path / "counting.py").write_text(BROKEN)
    failed = run("-k", "repeats", CONSUMER="counting:Counter", PYTHONPATH=str(tmp_path))
    assert (failed.returncode, "1 failed" in failed.stdout) == (1, True), failed.stdout


@pytest.mark.parametrize("detail_type", PARTNER_DETAILS)
def test_the_asyncapi_document_describes_the_event_as_it_comes(detail_type: str) -> None:
    document = json.loads((KIT / "asyncapi.json").read_text())
    [payload] = [one["payload"] for one in document["components"]["messages"].values() if one["name"] == detail_type]
    validator = Draft202012Validator({**payload, "components": document["components"]})
    validator.validate(sample(detail_type))
    for place, value in (("source", "another"), ("detail-type", "Another"), ("detail", {})):
        with pytest.raises(ValidationError):
            validator.validate({**sample(detail_type), place: value})


@pytest.mark.parametrize("detail_type", PARTNER_DETAILS)
def test_a_schema_for_partners_refuses_what_would_lead_to_us(detail_type: str) -> None:
    for place in ("metadata", "data"):
        detail: dict[str, Any] = sample(detail_type)["detail"]
        detail[place]["correlation_id"] = "c0ffee"
        with pytest.raises(ValidationError):
            Draft202012Validator(schema(detail_type)).validate(detail)


def test_every_release_keeps_a_sample_of_every_fact_it_had() -> None:
    names = {f"{slug(detail_type)}.json" for detail_type in PARTNER_DETAILS}
    for release in RELEASED.iterdir():
        assert {path.name for path in release.iterdir()} <= names
