"""run_jobs: does jobs on people, slice by slice."""

from constructs import Construct

from infra.data import Data
from infra.functions.base import PipelineFunction
from infra.settings import Settings
from shared.stores.tables import CATALOGUE, EVENTS, LEDGER, PROFILES


class RunJobs(PipelineFunction):
    def __init__(self, scope: Construct, settings: Settings, data: Data) -> None:
        super().__init__(scope, settings, data, name="run_jobs", memory_mb=1769, timeout_seconds=300)
        self.consume_queue(data.jobs.queue)
        self.send_to(data.jobs.queue, "JOBS_QUEUE_URL")
        reads = ("dynamodb:Query", "dynamodb:Scan")
        self.use_identifier_key()
        self.use_table(CATALOGUE, "dynamodb:Query")
        self.use_table(EVENTS, *reads)
        self.use_table(PROFILES, "dynamodb:BatchGetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", *reads)
        writes = ("dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:BatchWriteItem")
        self.function.add_environment("BUS_NAME", data.bus.event_bus_name)
        self.allow(data.bus.event_bus_arn, "events:PutEvents")
        self.function.add_environment("BULK_ABOVE", str(settings.bulk_above))
        self.use_table(LEDGER, "dynamodb:GetItem", "dynamodb:Query", *writes)
