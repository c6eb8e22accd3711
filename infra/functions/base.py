"""What every function has: its asset, a role that may only write its own log, a log group, settings and two alarms."""

from collections.abc import Mapping, Sequence

from aws_cdk import Duration, RemovalPolicy, Size, Stack, Token
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.assets import Target, built
from infra.data import Data
from infra.nag import acknowledge
from infra.settings import Settings
from shared.stores.lifecycles import FAILURES, key_of
from shared.stores.tables import AUDITED, LEDGER, PROFILES, SUPPRESSIONS, TTL_ATTRIBUTE, WAITS, Table

_CHANGING = frozenset({"dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:UpdateItem"})
_OUTLETS = {
    "sqs": ("sqs:GetQueueUrl", "sqs:SendMessage"),
    "kinesis": ("kinesis:PutRecord",),
    "kms": ("kms:Decrypt", "kms:GenerateDataKey"),
}
_KMS = {"s3:GetObject": "kms:Decrypt", "s3:PutObject": "kms:GenerateDataKey"}


class PipelineFunction(Construct):
    """A function named like its folder. Subclasses say what it may do; each grant sets the environment it needs."""

    def __init__(
        self,
        scope: Construct,
        settings: Settings,
        data: Data,
        *,
        name: str,
        memory_mb: int,
        timeout_seconds: int,
        disk: Size | None = None,
    ) -> None:
        super().__init__(scope, "".join(word.capitalize() for word in name.split("_")))
        self.name = name
        self.settings = settings
        self.data = data
        physical = f"{settings.prefix}-{name}"
        self.log_group = logs.LogGroup(
            self,
            "Log",
            log_group_name=f"/aws/lambda/{physical}",
            retention=logs.RetentionDays.ONE_WEEK if settings.is_local else logs.RetentionDays.ONE_MONTH,
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        self.allow(self.log_group.log_group_arn, "logs:CreateLogStream", "logs:PutLogEvents")
        asset = built(Target.of(settings.is_local), name)
        self.function = lambda_.Function(
            self,
            "Function",
            function_name=physical,
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=lambda_.Architecture.ARM_64,
            code=lambda_.Code.from_asset(str(asset.path), asset_hash=asset.hash),
            handler=f"functions.{name}.handler.handler",
            memory_size=memory_mb,
            timeout=Duration.seconds(timeout_seconds),
            ephemeral_storage_size=disk,
            role=self.role,
            log_group=self.log_group,
            environment=self._environment(),
        )
        acknowledge(self, "AwsSolutions-L1", "Wheels and byte code are built for Python 3.13; both move together.")
        self.alarms = [
            self._alarm("errors", self.function.metric_errors(period=Duration.minutes(5))),
            self._alarm("throttles", self.function.metric_throttles(period=Duration.minutes(5))),
        ]

    def allow(
        self, resource: str, *actions: str, only: Mapping[str, Mapping[str, Sequence[str]]] | None = None
    ) -> None:
        """`only` are conditions, as IAM writes them."""
        self.role.add_to_policy(iam.PolicyStatement(actions=[*actions], resources=[resource], conditions=only))

    def allow_below(self, arn: str, finding: str, reason: str, *actions: str) -> None:
        """Grant on an ARN that ends in `*`. `finding` is that ARN as cdk-nag writes it."""
        self.allow(arn, *actions)
        acknowledge(self.role, f"AwsSolutions-IAM5[Resource::{finding}]", reason)

    def use_table(self, table: Table, *actions: str) -> None:
        made = self.data.table(table)
        self.function.add_environment(table.setting, made.table_name)
        self.allow(made.table_arn, *actions)
        if table is LEDGER and (changing := [action for action in actions if action in _CHANGING]):
            self._spare_the_audit_log(made.table_arn, changing)
        self._decrypt(table)

    def note_refusals(self) -> None:
        """Who is open to the internet writes these marks, and nothing else of people."""
        made = self.data.table(PROFILES)
        self.function.add_environment(PROFILES.setting, made.table_name)
        attributes = ["pk", "sk", "v", TTL_ATTRIBUTE, "signal:*"]
        these = {"dynamodb:LeadingKeys": ["I#*"], "dynamodb:Attributes": attributes}
        self.allow(made.table_arn, "dynamodb:UpdateItem", only={"ForAllValues:StringLike": these})
        self._decrypt(PROFILES)

    def mark_waits(self) -> None:
        """Who is open to the internet writes these marks, and nothing else of the ledger."""
        made = self.data.table(LEDGER)
        self.function.add_environment(LEDGER.setting, made.table_name)
        these = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [WAITS]}}
        self.allow(made.table_arn, "dynamodb:PutItem", only=these)
        self._decrypt(LEDGER)

    def use_objects(self, prefix: str, *actions: str) -> None:
        bucket: s3.Bucket = self.data.bucket
        reason = f"Objects get new keys under {prefix}"
        self.allow_below(bucket.arn_for_objects(f"{prefix}*"), f"<BucketLog.Arn>/{prefix}*", reason, *actions)
        if of_key := [_KMS[action] for action in actions if action in _KMS]:
            self.allow(self.data.keys[key_of(prefix)].key_arn, *of_key)

    def send_to(self, queue: sqs.Queue, setting: str) -> None:
        self.function.add_environment(setting, queue.queue_url)
        self.allow(queue.queue_arn, "sqs:SendMessage")

    def use_outlets(self) -> None:
        """Queues and streams that destinations write to, with the keys they lie under: each named by the company."""
        for arn in self.settings.destination_arns:
            if actions := _OUTLETS.get(arn.split(":")[2]):
                self.allow(arn, *actions)

    def consume_queue(self, queue: sqs.Queue, *more: str) -> None:
        self.allow(queue.queue_arn, "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", *more)

    def consume_table_stream(self, table: Table) -> None:
        made: dynamodb.Table = self.data.table(table)
        if made.table_stream_arn is None:
            raise ValueError(f"{table.name} has no stream")
        actions = ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")
        self.allow(made.table_stream_arn, *(f"dynamodb:{action}" for action in actions))
        self._decrypt(table)
        self._keep_failures()

    def run_every(self, period: Duration) -> None:
        events.Rule(
            self,
            "Schedule",
            rule_name=f"{self.settings.prefix}-{self.name}",
            schedule=events.Schedule.rate(period),
            targets=[targets.LambdaFunction(self.function)],
        )

    def consume_events_stream(self) -> None:
        actions = (
            "DescribeStream",
            "DescribeStreamSummary",
            "GetRecords",
            "GetShardIterator",
            "ListShards",
            "ListStreams",
        )
        self.allow(self.data.stream.stream_arn, *(f"kinesis:{action}" for action in actions))
        self._keep_failures()

    def use_identifier_key(self) -> None:
        self.function.add_environment("IDENTIFIER_KEY_SECRET", self.data.identifier_key_name)
        self.allow(self.data.identifier_key.secret_arn, "secretsmanager:GetSecretValue")

    def use_suppressions(self, *actions: str) -> None:
        """Look people up among the erased; `actions` are what it may do beside that."""
        self.use_table(SUPPRESSIONS, "dynamodb:BatchGetItem", *actions)
        self.function.add_environment("SUPPRESSION_KEYS_SECRET", self.data.suppression_keys_name)
        self.allow(self.data.suppression_keys.secret_arn, "secretsmanager:GetSecretValue")

    def use_receipt_key(self) -> None:
        self.function.add_environment("RECEIPT_KEY_SECRET", self.data.receipt_key_name)
        self.allow(self.data.receipt_key.secret_arn, "secretsmanager:GetSecretValue")

    def use_opendsr_certificate(self) -> None:
        self.function.add_environment("OPENDSR_SECRET", f"jogakbo/{self.settings.stage}/opendsr/certificate")
        self.use_secrets_below("opendsr", "GetSecretValue")

    def use_secrets_below(self, place: str, *actions: str) -> None:
        """One grant for the secrets of all `place` (destinations, sources): they come without a deployment."""
        stack = Stack.of(self)
        name = f"secret:jogakbo/{self.settings.stage}/{place}/*"
        region, account = _shown(stack.region, "AWS::Region"), _shown(stack.account, "AWS::AccountId")
        self.allow_below(
            f"arn:{stack.partition}:secretsmanager:{stack.region}:{stack.account}:{name}",
            f"arn:{_shown(stack.partition, 'AWS::Partition')}:secretsmanager:{region}:{account}:{name}",
            f"{place.capitalize()} are configuration and get their secrets after deployment.",
            *(f"secretsmanager:{action}" for action in actions),
        )

    def _spare_the_audit_log(self, ledger: str, changing: Sequence[str]) -> None:
        """Whatever else a function changes in the ledger, entries of the audit log stay as they were put."""
        audited = {"ForAnyValue:StringLike": {"dynamodb:LeadingKeys": [f"{AUDITED}*"]}}
        self.role.add_to_policy(
            iam.PolicyStatement(effect=iam.Effect.DENY, actions=[*changing], resources=[ledger], conditions=audited)
        )

    def _decrypt(self, table: Table) -> None:
        """DynamoDB asks for the table's key in the caller's name, to write as well as to read."""
        if table.own_key:
            self.allow(self.data.keys[table.own_key].key_arn, "kms:Decrypt")

    def _keep_failures(self) -> None:
        """Lambda writes the stream records that the function could not take to S3, as the function's role."""
        self.use_objects(FAILURES, "s3:PutObject")
        self.allow(self.data.bucket.bucket_arn, "s3:ListBucket")

    def _environment(self) -> Mapping[str, str]:
        return {
            "STAGE": self.settings.stage,
            "POWERTOOLS_SERVICE_NAME": self.name,
            "POWERTOOLS_METRICS_NAMESPACE": "Jogakbo",
            "POWERTOOLS_LOG_LEVEL": "INFO",
        }

    def expect_hourly_runs(self) -> None:
        """Alarm where it hasn't run for three hours: a schedule that stands still fails nowhere."""
        self._expect(self.function.metric_invocations(period=Duration.hours(1), statistic="sum"))

    def expect_runs_of_its_schedule(self, metric: str) -> None:
        """Alarm where it hasn't counted any for 15 minutes, whatever else starts it."""
        service = {"service": self.name}
        self._expect(
            cloudwatch.Metric(
                namespace="Jogakbo",
                metric_name=metric,
                dimensions_map=service,
                statistic="sum",
                period=Duration.minutes(5),
            )
        )

    def _expect(self, metric: cloudwatch.Metric) -> None:
        alarm = cloudwatch.Alarm(
            self,
            "AlarmSilent",
            alarm_name=f"{self.settings.prefix}-{self.name}-silent",
            metric=metric,
            threshold=1,
            evaluation_periods=3,
            comparison_operator=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.BREACHING,
        )
        self.alarms.append(alarm)

    def _alarm(self, what: str, metric: cloudwatch.IMetric) -> cloudwatch.Alarm:
        return cloudwatch.Alarm(
            self,
            f"Alarm{what.capitalize()}",
            alarm_name=f"{self.settings.prefix}-{self.name}-{what}",
            metric=metric,
            threshold=1,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )


def _shown(value: str, pseudo_parameter: str) -> str:
    """As cdk-nag writes it."""
    return f"<{pseudo_parameter}>" if Token.is_unresolved(value) else value
