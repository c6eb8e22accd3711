"""sweep_deadlines: says in time which requests about people are due."""

from aws_cdk import Duration
from constructs import Construct

from infra.data import Data
from infra.functions.base import PipelineFunction
from infra.settings import Settings
from shared.stores.tables import PRIVACY


class SweepDeadlines(PipelineFunction):
    def __init__(self, scope: Construct, settings: Settings, data: Data) -> None:
        super().__init__(scope, settings, data, name="sweep_deadlines", memory_mb=512, timeout_seconds=300)
        self.expect_hourly_runs()
        self.run_every(Duration.hours(1))
        self.use_table(PRIVACY, "dynamodb:Query", "dynamodb:BatchGetItem")
