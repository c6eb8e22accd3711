"""sweep_retention: folds events that soon expire into the baselines that rebuilds start from."""

from aws_cdk import Duration
from constructs import Construct

from infra.data import Data
from infra.functions.base import PipelineFunction
from infra.settings import Settings
from shared.stores.tables import CATALOGUE, EVENTS, PROFILES


class SweepRetention(PipelineFunction):
    def __init__(self, scope: Construct, settings: Settings, data: Data) -> None:
        super().__init__(scope, settings, data, name="sweep_retention", memory_mb=1769, timeout_seconds=900)
        self.expect_hourly_runs()
        self.run_every(Duration.hours(1))
        self.use_table(CATALOGUE, "dynamodb:Query")
        self.use_table(EVENTS, "dynamodb:Query")
        self.use_suppressions()
        self.use_table(PROFILES, "dynamodb:BatchGetItem", "dynamodb:PutItem", "dynamodb:Query")
        self.function.add_environment("LOG_BUCKET", data.bucket.bucket_name)
        self.use_objects("expiring/", "s3:GetObject", "s3:DeleteObject")
        self.allow(data.bucket.bucket_arn, "s3:ListBucket")
