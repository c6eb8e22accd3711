"""reevaluate_people: lets time alone change people, at the moment."""

from aws_cdk import Duration
from constructs import Construct

from infra.data import Data
from infra.functions.base import PipelineFunction
from infra.settings import Settings
from shared.stores.tables import CATALOGUE, LEDGER, PROFILES


class ReevaluatePeople(PipelineFunction):
    def __init__(self, scope: Construct, settings: Settings, data: Data) -> None:
        super().__init__(scope, settings, data, name="reevaluate_people", memory_mb=1769, timeout_seconds=60)
        self.expect_runs_of_its_schedule("SweepsDone")
        self.run_every(Duration.minutes(1))
        self.consume_queue(data.reevaluations.queue)
        self.send_to(data.reevaluations.queue, "REEVALUATIONS_QUEUE_URL")
        self.send_to(data.stitch_retries.queue, "STITCH_RETRIES_QUEUE_URL")
        self.use_table(CATALOGUE, "dynamodb:Query")
        self.use_table(PROFILES, "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:UpdateItem")
        writes = ("dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:BatchWriteItem")
        self.use_table(LEDGER, "dynamodb:Query", *writes)
