"""Short ways to deploy a template to an emulator, to write functions for it and to wait for an effect."""

import json
import textwrap
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import uuid4

import boto3

from local import aws

Found = TypeVar("Found")
Template = dict[str, Any]

ECHO = """
    import json
    def handler(event, context):
        return {"statusCode": 200, "body": json.dumps(event)}
"""
CORS = {"AllowOrigins": ["*"], "AllowMethods": ["POST", "GET"], "AllowHeaders": ["content-type"], "MaxAge": 600}


@dataclass(frozen=True)
class Emulator:
    """`account`: whose clients it gives, empty for the emulator's own."""

    endpoint_url: str
    account: str = ""

    def client(self, service: str, credentials: Mapping[str, str] | None = None) -> Any:
        known = credentials or {}
        return boto3.client(  # type: ignore[call-overload]
            service,
            endpoint_url=self.endpoint_url,
            region_name=aws.REGION,
            aws_access_key_id=known.get("AccessKeyId", self.account or "test"),
            aws_secret_access_key=known.get("SecretAccessKey", "test"),
            aws_session_token=known.get("SessionToken"),
        )

    def deploy(self, resources: Template, name: str | None = None, outputs: Template | None = None) -> dict[str, str]:
        """Creates the stack, or updates it where one of this name exists; its outputs."""
        formation = self.client("cloudformation")
        stack = name or f"stack-{uuid4().hex[:8]}"
        values = {key: {"Value": value} for key, value in (outputs or {}).items()}
        body = json.dumps({"Resources": resources, "Outputs": values})
        known = [entry["StackName"] for entry in formation.describe_stacks()["Stacks"]]
        change = formation.update_stack if stack in known else formation.create_stack
        change(StackName=stack, TemplateBody=body, Capabilities=["CAPABILITY_NAMED_IAM"])
        found = until(lambda: self._finished(stack))
        assert found["StackStatus"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE"), found
        return {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}

    def _finished(self, stack: str) -> dict[str, Any] | None:
        found: dict[str, Any] = self.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
        return None if found["StackStatus"].endswith("IN_PROGRESS") else found


def until(look: Callable[[], Found | None], seconds: float = 20) -> Found:
    """What `look` finds; fails after some seconds without it."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.05)
    raise AssertionError(f"nothing after {seconds} s")


def function(code: str, **properties: Any) -> Template:
    """A Lambda function whose module is `code`, indented as it stands in the test."""
    return {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "Runtime": "python3.13",
            "Handler": "index.handler",
            "Role": {"Fn::GetAtt": ["Role", "Arn"]},
            "Code": {"ZipFile": textwrap.dedent(code)},
            "Timeout": 10,
            **properties,
        },
    }


def role(*statements: Template) -> Template:
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    policy = {"PolicyName": "p", "PolicyDocument": {"Version": "2012-10-17", "Statement": list(statements)}}
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
            "Policies": [policy] if statements else [],
        },
    }


def table(**properties: Any) -> Template:
    return {
        "Type": "AWS::DynamoDB::Table",
        "Properties": {
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
            "BillingMode": "PAY_PER_REQUEST",
            **properties,
        },
    }


def echo_api(cors: Template = CORS) -> Template:
    """An HTTP API whose one function answers with the event it got."""
    uri = {
        "Fn::Join": [
            "",
            ["arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/", {"Fn::GetAtt": ["Echo", "Arn"]}],
        ]
    }
    return {
        "Role": role(),
        "Echo": function(ECHO),
        "Api": {
            "Type": "AWS::ApiGatewayV2::Api",
            "Properties": {"Name": "echo", "ProtocolType": "HTTP", "CorsConfiguration": cors},
        },
        "Integration": {
            "Type": "AWS::ApiGatewayV2::Integration",
            "Properties": {
                "ApiId": {"Ref": "Api"},
                "IntegrationType": "AWS_PROXY",
                "IntegrationUri": {"Fn::Join": ["", [uri, "/invocations"]]},
                "PayloadFormatVersion": "2.0",
            },
        },
        "Route": {
            "Type": "AWS::ApiGatewayV2::Route",
            "Properties": {
                "ApiId": {"Ref": "Api"},
                "RouteKey": "POST /v1/{type}",
                "Target": {"Fn::Join": ["/", ["integrations", {"Ref": "Integration"}]]},
            },
        },
        "Stage": {
            "Type": "AWS::ApiGatewayV2::Stage",
            "Properties": {"ApiId": {"Ref": "Api"}, "StageName": "$default", "AutoDeploy": True},
        },
    }
