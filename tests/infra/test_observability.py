"""Who is told what, and that a runbook says what to do then."""

import re

import aws_cdk as cdk
from aws_cdk import assertions
from aws_cdk import aws_cloudwatch as cloudwatch

from infra.assets import FUNCTIONS, ROOT
from infra.data import Data
from infra.observability import unwatched
from infra.settings import Settings
from tests.infra.conftest import Template

STREAM_READERS = ("store_events", "stitch_identities", "publish_changes")
HOURLY = ("build_lake", "reconcile_counts", "send_callbacks", "sweep_deadlines", "sweep_retention")
QUEUES = ("store-retries", "stitch-retries", "imports", "deliveries", "jobs", "reevaluations", "previews")


def test_a_small_stage_has_one_shard_and_wakes_nobody() -> None:
    stack = cdk.Stack(cdk.App(), "small")
    metric = Data(stack, Settings("dev", small=True)).stream.metric_put_records_failed_records()
    cloudwatch.Alarm(stack, "Alarm", metric=metric, threshold=1, evaluation_periods=1)
    cloudwatch.Dashboard(stack, "Dashboard")
    unwatched(stack)
    template = assertions.Template.from_stack(stack)
    template.resource_count_is("AWS::CloudWatch::Alarm", 0)
    template.resource_count_is("AWS::CloudWatch::Dashboard", 0)
    template.has_resource_properties("AWS::Kinesis::Stream", {"ShardCount": 1, "RetentionPeriodHours": 24})


def test_the_alarms_are_these_and_each_tells_the_topic(production: Template) -> None:
    expected = {
        *(f"{function}-{what}" for function in FUNCTIONS for what in ("errors", "throttles")),
        *(f"{function}-silent" for function in (*HOURLY, "reevaluate_people")),
        *(f"{reader}-stream-age-{hours}h" for reader in STREAM_READERS for hours in (1, 6, 12)),
        *(f"{queue}-{what}" for queue in QUEUES for what in ("age", "dlq")),
        "deliveries-rule-dlq",
        "collect-5xx",
        "read-5xx",
        "received-to-profile",
        "ledger-gap",
        "events-unfolded",
        "batches-given-up",
        "requests-near",
        "requests-overdue",
        "requests-failed",
        "requests-timed-out",
        "requests-aborted",
    }
    alarms = production.named("CloudWatch::Alarm", "AlarmName")
    assert {name.removeprefix("jogakbo-production-") for name in alarms} == expected
    (topic,) = production.of_type("SNS::Topic")
    assert {str(alarm["AlarmActions"]) for alarm in alarms.values()} == {str([{"Ref": topic}])}


def test_the_runbook_speaks_of_every_alarm(production: Template) -> None:
    runbook = (ROOT / "docs" / "runbooks" / "alarms.md").read_text()
    any_function = re.compile(rf"^({'|'.join(FUNCTIONS)})(?=-)")
    names = {
        any_function.sub("<function>", name.removeprefix("jogakbo-production-"))
        for name in production.named("CloudWatch::Alarm", "AlarmName")
    }
    assert [name for name in sorted(names) if f"`{name}`" not in runbook] == []


def test_a_schedule_that_stands_still_is_an_alarm(production: Template) -> None:
    alarms = production.named("CloudWatch::Alarm", "AlarmName")
    for function in HOURLY:
        alarm = alarms[f"jogakbo-production-{function}-silent"]
        assert (alarm["MetricName"], alarm["TreatMissingData"]) == ("Invocations", "breaching")
        assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("LessThanThreshold", 1)
    sweeps = alarms["jogakbo-production-reevaluate_people-silent"]
    assert (sweeps["MetricName"], sweeps["TreatMissingData"], sweeps["Period"]) == ("SweepsDone", "breaching", 300)


def test_the_lag_is_measured_from_received_to_profile(production: Template) -> None:
    alarm = production.named("CloudWatch::Alarm", "AlarmName")["jogakbo-production-received-to-profile"]
    assert (alarm["Namespace"], alarm["MetricName"], alarm["ExtendedStatistic"]) == (
        "Jogakbo",
        "ReceivedToProfile",
        "p99",
    )
    assert alarm["Dimensions"] == [{"Name": "service", "Value": "stitch_identities"}]
    assert alarm["Threshold"] == 60_000


def test_cloudwatch_may_tell_the_topic_of_this_account_only(production: Template) -> None:
    (policy,) = production.of_type("SNS::TopicPolicy").values()
    (allowed,) = [
        statement for statement in policy["Properties"]["PolicyDocument"]["Statement"] if statement["Effect"] == "Allow"
    ]
    assert allowed["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert allowed["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


def test_the_email_hears_of_alarms_and_of_the_budget(production: Template) -> None:
    (subscription,) = production.of_type("SNS::Subscription").values()
    assert subscription["Properties"]["Endpoint"] == "ops@example.com"
    (budget,) = production.of_type("Budgets::Budget").values()
    assert budget["Properties"]["Budget"]["BudgetLimit"] == {"Amount": 50, "Unit": "USD"}


def test_logs_are_kept_a_month_and_locally_a_week(production: Template, local: Template) -> None:
    for template, days in ((production, 30), (local, 7)):
        kept = {found["Properties"]["RetentionInDays"] for found in template.of_type("Logs::LogGroup").values()}
        assert kept == {days}
