"""collect_events: takes requests of SDKs and webhooks and puts them on the stream."""

from constructs import Construct

from infra.data import Data
from infra.functions.base import PipelineFunction
from infra.settings import Settings
from shared.stores.tables import CATALOGUE


class CollectEvents(PipelineFunction):
    def __init__(self, scope: Construct, settings: Settings, data: Data) -> None:
        super().__init__(scope, settings, data, name="collect_events", memory_mb=512, timeout_seconds=29)
        self.function.add_environment("EVENTS_STREAM", data.stream.stream_name)
        self.allow(data.stream.stream_arn, "kinesis:PutRecords")
        self.use_table(CATALOGUE, "dynamodb:GetItem")
        self.note_refusals()
        self.mark_waits()
        self.use_identifier_key()
        self.use_secrets_below("sources", "GetSecretValue")
