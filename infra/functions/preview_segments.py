"""preview_segments: tries segments over the lake before they are published. It reads no table of people."""

from aws_cdk import Size
from constructs import Construct

from infra.data import Data
from infra.functions.base import PipelineFunction
from infra.settings import Settings
from shared.stores.tables import CATALOGUE, LEDGER


class PreviewSegments(PipelineFunction):
    def __init__(self, scope: Construct, settings: Settings, data: Data) -> None:
        super().__init__(
            scope,
            settings,
            data,
            name="preview_segments",
            memory_mb=2048,
            timeout_seconds=900,
            disk=Size.gibibytes(10),  # the days that are asked for, and what DuckDB can't keep in memory
        )
        self.consume_queue(data.previews.queue)
        self.send_to(data.previews.queue, "PREVIEWS_QUEUE_URL")
        self.use_table(CATALOGUE, "dynamodb:GetItem", "dynamodb:Query")
        self.use_table(LEDGER, "dynamodb:GetItem", "dynamodb:PutItem")
        self.function.add_environment("LOG_BUCKET", data.bucket.bucket_name)
        self.use_objects("lake/", "s3:GetObject")
        self.allow(data.bucket.bucket_arn, "s3:ListBucket")
