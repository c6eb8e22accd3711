"""reconcile_counts: checks every hour that what came in has ended, is stored, and is folded."""

from aws_cdk import Duration
from constructs import Construct

from infra.data import Data
from infra.functions.base import PipelineFunction
from infra.settings import Settings
from shared.stores.lifecycles import FAILURES
from shared.stores.tables import CATALOGUE, EVENTS, LEDGER, PROFILES


class ReconcileCounts(PipelineFunction):
    def __init__(self, scope: Construct, settings: Settings, data: Data) -> None:
        super().__init__(scope, settings, data, name="reconcile_counts", memory_mb=1769, timeout_seconds=900)
        self.expect_hourly_runs()
        self.run_every(Duration.hours(1))
        self.use_table(CATALOGUE, "dynamodb:Query")
        self.use_table(LEDGER, "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query")
        self.use_table(EVENTS, "dynamodb:BatchGetItem")
        self.use_table(PROFILES, "dynamodb:BatchGetItem")
        self.function.add_environment("LOG_BUCKET", data.bucket.bucket_name)
        self.use_suppressions()
        self.use_objects("outcomes/", "s3:GetObject")
        self.use_objects(FAILURES, "s3:GetObject")
        self.allow(data.bucket.bucket_arn, "s3:ListBucket")
