"""What wakes a person, and the page they look at then. docs/runbooks/alarms.md says what to do about each alarm."""

from collections.abc import Sequence

from aws_cdk import Duration, Stack
from aws_cdk import aws_budgets as budgets
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.api import FunctionApi
from infra.data import Data
from infra.functions.base import PipelineFunction
from infra.settings import Settings

_FIVE_MINUTES = Duration.minutes(5)
_STREAM_AGE_HOURS = (1, 6, 12)
_LAG_LIMIT = Duration.seconds(60)
_RETRY_AGE_LIMITS = {
    "store-retries": Duration.minutes(30),
    "stitch-retries": Duration.minutes(30),
    "deliveries": Duration.hours(6),
    "imports": Duration.hours(6),
    "jobs": Duration.hours(2),
    "reevaluations": Duration.minutes(30),
    "previews": Duration.hours(2),
}


_RECONCILED = {
    "ledger-gap": "LedgerGap",
    "events-unfolded": "EventsUnfolded",
    "batches-given-up": "BatchesGivenUp",
}
_DUE = {
    "requests-near": "RequestsNear",
    "requests-overdue": "RequestsOverdue",
}


def unwatched(stack: Stack) -> None:
    """Take alarms and the dashboard away again: they cost more than all else of an idle stage but its stream."""
    for found in stack.node.find_all():
        if isinstance(found, cloudwatch.Alarm | cloudwatch.Dashboard) and found.node.scope:
            found.node.scope.node.try_remove_child(found.node.id)


class Observability(Construct):
    def __init__(
        self,
        scope: Construct,
        settings: Settings,
        data: Data,
        functions: Sequence[PipelineFunction],
        stream_readers: Sequence[PipelineFunction],
        apis: Sequence[FunctionApi],
    ) -> None:
        super().__init__(scope, "Observability")
        self._settings = settings
        self._topic = self._alarm_topic()
        self._lag = cloudwatch.Metric(
            namespace="Jogakbo",
            metric_name="ReceivedToProfile",
            dimensions_map={"service": "stitch_identities"},
            statistic="p99",
            period=_FIVE_MINUTES,
        )
        for alarm in (alarm for function in functions for alarm in function.alarms):
            alarm.add_alarm_action(actions.SnsAction(self._topic))
        self._stream_alarms(stream_readers)
        self._queue_alarms(data)
        self._api_alarms(apis)
        self._alarm("received-to-profile", self._lag, _LAG_LIMIT.to_milliseconds(), periods=2)
        for name, metric in _RECONCILED.items():
            self._alarm(name, _swept(metric, "reconcile_counts"), 0)
        for name, metric in _DUE.items():
            self._alarm(name, _swept(metric, "sweep_deadlines"), 0)
        self._dashboard(data, functions, stream_readers, apis)
        if settings.monthly_budget_usd:
            self._budget()
        if settings.small:
            unwatched(Stack.of(self))

    def _alarm_topic(self) -> sns.Topic:
        topic = sns.Topic(self, "Alarms", topic_name=f"{self._settings.prefix}-alarms", enforce_ssl=True)
        # enforce_ssl replaces the default topic policy, which is what lets CloudWatch publish.
        ours = {"StringEquals": {"aws:SourceAccount": Stack.of(self).account}}
        topic.grant_publish(iam.ServicePrincipal("cloudwatch.amazonaws.com", conditions=ours))
        if self._settings.alarm_email:
            topic.add_subscription(subscriptions.EmailSubscription(self._settings.alarm_email))
        return topic

    def _stream_alarms(self, readers: Sequence[PipelineFunction]) -> None:
        for reader in readers:
            for hours in _STREAM_AGE_HOURS:
                limit = Duration.hours(hours).to_milliseconds()
                self._alarm(f"{reader.name}-stream-age-{hours}h", _stream_age(reader), limit)

    def _queue_alarms(self, data: Data) -> None:
        for work in data.work_queues:
            age = work.queue.metric_approximate_age_of_oldest_message(period=_FIVE_MINUTES)
            self._alarm(f"{work.name}-age", age, _RETRY_AGE_LIMITS[work.name].to_seconds())
            self._alarm(f"{work.name}-dlq", _depth(work.dead_letters), 0)
        self._alarm("deliveries-rule-dlq", _depth(data.unrouted), 0)

    def _api_alarms(self, apis: Sequence[FunctionApi]) -> None:
        for api in apis:
            self._alarm(f"{api.name}-5xx", api.server_errors, 0)

    def _alarm(self, name: str, metric: cloudwatch.IMetric, limit: float, periods: int = 1) -> None:
        alarm = cloudwatch.Alarm(
            self,
            f"Alarm-{name}",
            alarm_name=f"{self._settings.prefix}-{name}",
            metric=metric,
            threshold=limit,
            evaluation_periods=periods,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        alarm.add_alarm_action(actions.SnsAction(self._topic))

    def _dashboard(
        self,
        data: Data,
        functions: Sequence[PipelineFunction],
        stream_readers: Sequence[PipelineFunction],
        apis: Sequence[FunctionApi],
    ) -> None:
        dead_letters = [*(work.dead_letters for work in data.work_queues), data.unrouted]
        board = cloudwatch.Dashboard(self, "Dashboard", dashboard_name=self._settings.prefix)
        board.add_widgets(
            _graph("Records in", [data.stream.metric_put_records_successful_records(statistic="sum")]),
            _graph("Received to profile, p99 (ms)", [self._lag]),
            _graph("Age of the oldest stream record (ms)", [_stream_age(reader) for reader in stream_readers]),
        )
        board.add_widgets(
            _graph("Errors", [function.function.metric_errors() for function in functions]),
            _graph(
                "Duration, p99 (ms)", [function.function.metric_duration(statistic="p99") for function in functions]
            ),
            _graph("Throttles", [function.function.metric_throttles() for function in functions]),
        )
        board.add_widgets(
            _graph("Waiting messages", [_depth(work.queue) for work in data.work_queues]),
            _graph("Dead letters", [_depth(queue) for queue in dead_letters]),
            _graph("5xx", [api.server_errors for api in apis]),
        )
        reconciled = [_swept(metric, "reconcile_counts") for metric in _RECONCILED.values()]
        due = [_swept(metric, "sweep_deadlines") for metric in _DUE.values()]
        board.add_widgets(_graph("Reconciliation", reconciled), _graph("Requests about people", due))

    def _budget(self) -> None:
        email = budgets.CfnBudget.SubscriberProperty(address=self._settings.alarm_email, subscription_type="EMAIL")
        budgets.CfnBudget(
            self,
            "Budget",
            budget=budgets.CfnBudget.BudgetDataProperty(
                budget_name=f"{self._settings.prefix}-monthly",
                budget_type="COST",
                time_unit="MONTHLY",
                budget_limit=budgets.CfnBudget.SpendProperty(amount=self._settings.monthly_budget_usd, unit="USD"),
            ),
            notifications_with_subscribers=[
                budgets.CfnBudget.NotificationWithSubscribersProperty(
                    notification=budgets.CfnBudget.NotificationProperty(
                        comparison_operator="GREATER_THAN", notification_type=kind, threshold=percent
                    ),
                    subscribers=[email],
                )
                for kind, percent in (("ACTUAL", 80), ("FORECASTED", 100))
            ],
        )


def _stream_age(reader: PipelineFunction) -> cloudwatch.Metric:
    return reader.function.metric("IteratorAge", statistic="max", period=_FIVE_MINUTES)


def _swept(metric: str, function: str) -> cloudwatch.Metric:
    """What a function of every hour found in its last run: nothing is written for zero."""
    return cloudwatch.Metric(
        namespace="Jogakbo",
        metric_name=metric,
        dimensions_map={"service": function},
        statistic="max",
        period=Duration.hours(1),
    )


def _depth(queue: sqs.Queue) -> cloudwatch.Metric:
    return queue.metric_approximate_number_of_messages_visible(period=_FIVE_MINUTES)


def _graph(title: str, metrics: Sequence[cloudwatch.IMetric]) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=[*metrics], width=8)
