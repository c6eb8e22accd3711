"""The partner's template is what the kit's CDK app makes, and lets in one role, one source and the facts there are."""

import json
import runpy
from typing import Any

import aws_cdk as cdk
import pytest

from shared.contracts.partners import PARTNER_DETAILS
from tests.partner_kit import KIT


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    kit = runpy.run_path(str(KIT / "cdk/app.py"))
    app = cdk.App()
    stack = kit["PartnerStack"](app, "JogakboPartner")
    made: dict[str, Any] = app.synth().get_stack_by_name(stack.stack_name).template
    return made


def test_the_template_is_that_of_the_cdk_app(template: dict[str, Any]) -> None:
    assert json.loads((KIT / "template.json").read_text()) == template, "run: python events/partner/cdk/app.py"


def test_the_bus_lets_in_one_role_from_one_source_with_facts_that_there_are(template: dict[str, Any]) -> None:
    [policy] = [one for one in template["Resources"].values() if one["Type"] == "AWS::Events::EventBusPolicy"]
    statement = policy["Properties"]["Statement"]
    condition = statement["Condition"]
    assert statement["Action"] == "events:PutEvents"
    assert condition["ArnEquals"]["aws:PrincipalArn"]["Fn::Join"][1][4:] == [
        ":role/jogakbo-",
        {"Ref": "Stage"},
        "-partners",
    ]
    assert condition["StringEquals"]["events:source"] == "jogakbo"
    assert {*condition["StringEquals"]["events:detail-type"]} == {*PARTNER_DETAILS}
