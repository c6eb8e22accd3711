"""A wrong context is refused in one line that names the key and the fix."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from infra.assets import ROOT
from infra.settings import Settings, SettingsError


def test_production_without_an_alarm_email_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"`alarm_email` is empty.*Fix: -c alarm_email="):
        Settings.from_context({"stage": "production", "alarm_email": ""})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("stage", "prod"),
        ("account", "12345"),
        ("region", "seoul"),
        ("alarm_email", "nobody"),
        ("bootstrap_qualifier", "Too-Long-And-Loud"),
        ("monthly_budget_usd", "lots"),
        ("requests_per_second", -1),
        ("segments_need_approval", "maybe"),
        ("small", "rather"),
        ("batch_window_seconds", 0),
        ("batch_window_seconds", 61),
        ("tags", "team=data"),
        ("destination_arns", "arn:aws:sqs:*:111122223333:facts"),
        ("destination_arns", "arn:aws:s3:::bucket"),
        ("destination_arns", "arn:aws:events:eu-west-1:222222222222:event-bus/*"),
        ("domain_name", "example.com"),
    ],
)
def test_a_value_that_cannot_be_deployed_is_refused_by_name_in_one_line(key: str, value: Any) -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.from_context({"stage": "dev", key: value})
    line = str(refused.value)
    assert "Fix: " in line
    assert "\n" not in line
    assert (key if key != "domain_name" else "certificate_arn") in line


def test_production_is_not_small() -> None:
    with pytest.raises(SettingsError, match="`small` is true"):
        Settings.from_context({"stage": "production", "alarm_email": "ops@example.com", "small": True})


def test_values_of_the_command_line_are_text_and_mean_the_same() -> None:
    typed = Settings.from_context({"stage": "dev", "requests_per_second": 50, "tags": {"team": "data"}})
    text = Settings.from_context({"stage": "dev", "requests_per_second": "50", "tags": '{"team": "data"}'})
    assert typed == text


def test_the_context_of_cdk_json_names_every_key() -> None:
    context = json.loads((ROOT / "cdk.json").read_text())["context"]
    assert set(Settings.__dataclass_fields__) <= set(context)
    assert Settings.of_stage("dev", ROOT / "cdk.json").stage == "dev"


def test_synth_of_production_stops_with_that_one_line() -> None:
    context = {"stage": "production", "alarm_email": ""}
    run = subprocess.run(
        [sys.executable, "app.py"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "CDK_CONTEXT_JSON": json.dumps(context)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1
    assert run.stderr.splitlines()[-1].startswith("jogakbo: context key `alarm_email` is empty")
    assert "Traceback" not in run.stderr
