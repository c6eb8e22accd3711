"""review_quarantine: shows what was refused, and puts it on the stream again."""

from constructs import Construct

from infra.data import Data
from infra.functions.base import PipelineFunction
from infra.settings import Settings
from shared.stores.tables import CATALOGUE, QUARANTINE


class ReviewQuarantine(PipelineFunction):
    def __init__(self, scope: Construct, settings: Settings, data: Data) -> None:
        super().__init__(scope, settings, data, name="review_quarantine", memory_mb=1024, timeout_seconds=29)
        self.use_table(CATALOGUE, "dynamodb:GetItem")
        self.use_table(QUARANTINE, "dynamodb:GetItem", "dynamodb:Query", "dynamodb:UpdateItem")
        self.function.add_environment("LOG_BUCKET", data.bucket.bucket_name)
        self.use_objects("quarantine/", "s3:GetObject")
        self.function.add_environment("EVENTS_STREAM", data.stream.stream_name)
        self.allow(data.stream.stream_arn, "kinesis:PutRecords")
