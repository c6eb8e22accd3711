"""build_lake: writes what was stored in each hour to the event lake, compacts days that changed, takes the snapshot."""

from aws_cdk import Size, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from constructs import Construct

from infra.data import Data
from infra.functions.base import PipelineFunction
from infra.lake import Lake
from infra.settings import Settings
from shared.lake.columns import EVENTS
from shared.stores.tables import CATALOGUE, LEDGER, PROFILES


class BuildLake(PipelineFunction):
    def __init__(self, scope: Construct, settings: Settings, data: Data, lake: Lake) -> None:
        super().__init__(
            scope,
            settings,
            data,
            name="build_lake",
            memory_mb=2048,
            timeout_seconds=900,
            disk=Size.gibibytes(8),  # an hour's events, or a day's, twice
        )
        self.expect_hourly_runs()
        self.use_table(PROFILES, "dynamodb:BatchGetItem", "dynamodb:Scan")
        self.use_table(CATALOGUE, "dynamodb:Query")
        self.use_table(LEDGER, "dynamodb:Query", "dynamodb:BatchWriteItem")
        self.function.add_environment("LOG_BUCKET", data.bucket.bucket_name)
        self.use_objects("outcomes/", "s3:GetObject")
        self.use_objects("lake/", "s3:GetObject", "s3:PutObject", "s3:DeleteObject")
        self.use_objects("expiring/", "s3:PutObject")
        self.allow(data.bucket.bucket_arn, "s3:ListBucket")
        self._register_partitions(lake)
        self._schedule("Hourly", events.Schedule.cron(minute="10"), None)
        self._schedule("Daily", events.Schedule.cron(hour="3", minute="40"), {"compact": True})
        self._schedule("Snapshot", events.Schedule.cron(hour="4", minute="20"), {"snapshot": True})

    def _register_partitions(self, lake: Lake) -> None:
        self.function.add_environment("LAKE_DATABASE", lake.database)
        stack = Stack.of(self)
        catalogue = f"arn:{stack.partition}:glue:{stack.region}:{stack.account}"
        for resource in ("catalog", f"database/{lake.database}", f"table/{lake.database}/{EVENTS}"):
            self.allow(f"{catalogue}:{resource}", "glue:GetTable", "glue:BatchCreatePartition")

    def _schedule(self, name: str, schedule: events.Schedule, message: dict[str, bool] | None) -> None:
        events.Rule(
            self,
            name,
            rule_name=f"{self.settings.prefix}-lake-{name.lower()}",
            schedule=schedule,
            targets=[
                targets.LambdaFunction(
                    self.function, event=events.RuleTargetInput.from_object(message) if message else None
                )
            ],
        )
