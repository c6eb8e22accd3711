"""Every stage synthesised once, from an asset that stands for all: templates don't depend on what is in it."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from cdk_nag import AwsSolutionsChecks

from infra.assets import Asset
from infra.functions import base
from infra.settings import STAGES, Settings
from infra.stack import JogakboStack

Resource = dict[str, Any]
OUTLETS = (
    "arn:aws:sqs:eu-west-1:111122223333:facts",
    "arn:aws:kinesis:eu-west-1:111122223333:stream/facts",
    "arn:aws:kms:eu-west-1:111122223333:key/facts",
)
PARTNER_BUS = "arn:aws:events:eu-west-1:222222222222:event-bus/jogakbo"


@dataclass(frozen=True)
class Template:
    """A synthesised stack, read as plain data."""

    body: dict[str, Any]
    artifact: dict[str, Any]

    @property
    def resources(self) -> dict[str, Resource]:
        return dict(self.body["Resources"])

    def of_type(self, kind: str) -> dict[str, Resource]:
        return {name: found for name, found in self.resources.items() if found["Type"] == f"AWS::{kind}"}

    def named(self, kind: str, key: str) -> dict[str, Resource]:
        """Properties of a kind of resource, by one of its properties."""
        return {str(found["Properties"][key]): found["Properties"] for found in self.of_type(kind).values()}


@pytest.fixture(scope="session")
def synthesised(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cloud assembly of all stages, judged by cdk-nag."""
    root = tmp_path_factory.mktemp("assembly")
    zip_path = root / "asset.zip"
    zip_path.write_bytes(b"PK\5\6" + bytes(18))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(base, "built", lambda target, function: Asset(zip_path, f"{target.key}{function}"))
        app = cdk.App(outdir=str(root / "cdk.out"))
        for stage in STAGES:
            settings = Settings(
                stage=stage,
                alarm_email="ops@example.com",
                monthly_budget_usd=50,
                destination_arns=(*OUTLETS, PARTNER_BUS),
            )
            JogakboStack(app, settings)
        cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
        try:
            app.synth()
        except RuntimeError as error:
            if "ValidationFailed" not in str(error):
                raise
    return root / "cdk.out"


@pytest.fixture(scope="session")
def templates(synthesised: Path) -> dict[str, Template]:
    manifest = json.loads((synthesised / "manifest.json").read_text())["artifacts"]
    return {
        stage: Template(
            json.loads((synthesised / f"jogakbo-{stage}.template.json").read_text()),
            manifest[f"jogakbo-{stage}"]["properties"],
        )
        for stage in STAGES
    }


@pytest.fixture(scope="session")
def production(templates: dict[str, Template]) -> Template:
    return templates["production"]


@pytest.fixture(scope="session")
def local(templates: dict[str, Template]) -> Template:
    return templates["local"]
