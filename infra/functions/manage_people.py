"""manage_people: operations on people over HTTP: contacts, freezing, splitting, merging, and jobs."""

from constructs import Construct

from infra.data import Data
from infra.functions.base import PipelineFunction
from infra.settings import Settings
from shared.stores.tables import CATALOGUE, EVENTS, LEDGER, PROFILES


class ManagePeople(PipelineFunction):
    def __init__(self, scope: Construct, settings: Settings, data: Data) -> None:
        super().__init__(scope, settings, data, name="manage_people", memory_mb=512, timeout_seconds=29)
        self.send_to(data.jobs.queue, "JOBS_QUEUE_URL")
        self.use_table(CATALOGUE, "dynamodb:GetItem", "dynamodb:Query")
        self.use_table(EVENTS, "dynamodb:Query", "dynamodb:DescribeTable")
        people = ("dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:UpdateItem")
        self.use_table(PROFILES, *people, "dynamodb:DescribeTable")
        writes = ("dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:BatchWriteItem")
        self.use_table(LEDGER, "dynamodb:GetItem", "dynamodb:Query", *writes)
        self.use_identifier_key()
        self.use_suppressions()
        self.function.add_environment("EVENTS_STREAM", data.stream.stream_name)
        self.allow(data.stream.stream_arn, "kinesis:PutRecords")
