"""cdk-nag's AwsSolutions over the stages that run on AWS."""

import json
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import aws_sqs as sqs
from cdk_nag import AwsSolutionsChecks


def findings(assembly: Path) -> list[str]:
    report = json.loads((assembly / "validation-report.json").read_text())
    return [
        f"{violation['ruleName']} at {place['constructPath']}"
        for plugin in report["pluginReports"]
        for violation in plugin["violations"]
        for place in violation["violatingConstructs"]
    ]


def test_every_finding_is_answered_with_a_reason(synthesised: Path) -> None:
    on_aws = [found for found in findings(synthesised) if " at jogakbo-local/" not in found]
    assert on_aws == []


def test_an_unanswered_finding_is_listed_by_name(tmp_path: Path) -> None:
    app = cdk.App(outdir=str(tmp_path))
    sqs.Queue(cdk.Stack(app, "careless"), "Queue")
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.synth()
    assert "AwsSolutions-SQS4 at careless/Queue/Resource" in findings(tmp_path)
