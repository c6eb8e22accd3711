"""The state machine that carries out privacy requests: it knows their ids alone, and calls again until all is done."""

import json
from typing import Any

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as stepfunctions
from constructs import Construct

from infra.functions.base import PipelineFunction
from infra.nag import acknowledge
from infra.settings import Settings

_RETRY = {
    "ErrorEquals": ["States.ALL"],
    "IntervalSeconds": 5,
    "BackoffRate": 2,
    "MaxAttempts": 12,
    "MaxDelaySeconds": 600,
    "JitterStrategy": "FULL",
}
"""About an hour, long enough for a job to let go of somebody."""


class Requests(Construct):
    """`arn` is the state machine's."""

    def __init__(self, scope: Construct, settings: Settings, function: PipelineFunction) -> None:
        super().__init__(scope, "Requests")
        name = f"{settings.prefix}-requests"
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("states.amazonaws.com"))
        arn = function.function.function_arn
        role.add_to_policy(iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[arn]))
        log = logs.LogGroup(
            self,
            "Log",
            log_group_name=f"/aws/vendedlogs/states/{name}",
            retention=logs.RetentionDays.ONE_WEEK if settings.is_local else logs.RetentionDays.ONE_MONTH,
            removal_policy=RemovalPolicy.DESTROY,
        )
        machine = stepfunctions.StateMachine(
            self,
            "StateMachine",
            state_machine_name=name,
            definition_body=stepfunctions.DefinitionBody.from_string(json.dumps(_definition(arn))),
            role=role,
            tracing_enabled=True,
            logs=stepfunctions.LogOptions(
                destination=log, level=stepfunctions.LogLevel.ALL, include_execution_data=False
            ),
        )
        resource = machine.node.default_child
        if not isinstance(resource, stepfunctions.CfnStateMachine):
            raise TypeError("a state machine has one resource")
        resource.override_logical_id("StateMachineRequests")
        acknowledge(role, "AwsSolutions-IAM5[Resource::*]", "Delivery of logs and traces takes no resource.")
        self.arn = machine.state_machine_arn
        function.alarms += [_alarm(self, name, what, machine) for what in ("failed", "timed_out", "aborted")]

    def let_start(self, *functions: PipelineFunction) -> None:
        for function in functions:
            function.function.add_environment("REQUESTS_STATE_MACHINE", self.arn)
            function.allow(self.arn, "states:StartExecution")


def _definition(function_arn: str) -> dict[str, Any]:
    call = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Retry": [_RETRY]}
    payload = {"request_id.$": "$.request_id", "waited.$": "$.answer.wait_seconds"}
    gave_up = {"FunctionName": function_arn, "Payload": {"request_id.$": "$.request_id", "gave_up": True}}
    answer = {name: f"$.Payload.{name[:-2]}" for name in ("again.$", "failed.$", "wait_seconds.$")}
    caught = {"ErrorEquals": ["States.ALL"], "ResultPath": None}
    return {
        "StartAt": "Begin",
        "States": {
            "Begin": {"Type": "Pass", "Result": {"wait_seconds": 0}, "ResultPath": "$.answer", "Next": "CarryOut"},
            "CarryOut": {
                **call,
                "Parameters": {"FunctionName": function_arn, "Payload": payload},
                "ResultSelector": answer,
                "ResultPath": "$.answer",
                "Catch": [{**caught, "Next": "GiveUp"}],
                "Next": "HowItWent",
            },
            "HowItWent": {
                "Type": "Choice",
                "Choices": [
                    {"Variable": "$.answer.again", "BooleanEquals": True, "Next": "Wait"},
                    {"Variable": "$.answer.failed", "BooleanEquals": True, "Next": "Failed"},
                ],
                "Default": "Done",
            },
            "Wait": {"Type": "Wait", "SecondsPath": "$.answer.wait_seconds", "Next": "CarryOut"},
            "GiveUp": {
                **call,
                "Parameters": gave_up,
                "ResultPath": None,
                "Catch": [{**caught, "Next": "Failed"}],
                "Next": "Failed",
            },
            "Failed": {"Type": "Fail", "Error": "RequestFailed", "Cause": "The request says why."},
            "Done": {"Type": "Succeed"},
        },
    }


def _alarm(scope: Construct, name: str, what: str, machine: stepfunctions.StateMachine) -> cloudwatch.Alarm:
    metrics = {
        "failed": machine.metric_failed,
        "timed_out": machine.metric_timed_out,
        "aborted": machine.metric_aborted,
    }
    return cloudwatch.Alarm(
        scope,
        f"Alarm-{what}",
        alarm_name=f"{name}-{what.replace('_', '-')}",
        metric=metrics[what](period=Duration.minutes(5)),
        threshold=1,
        evaluation_periods=1,
        comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
    )
