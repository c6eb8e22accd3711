"""import_files: puts the rows of files in the bucket on the stream."""

from aws_cdk import Size
from constructs import Construct

from infra.data import Data
from infra.functions.base import PipelineFunction
from infra.settings import Settings
from shared.stores.tables import CATALOGUE


class ImportFiles(PipelineFunction):
    def __init__(self, scope: Construct, settings: Settings, data: Data) -> None:
        super().__init__(
            scope,
            settings,
            data,
            name="import_files",
            memory_mb=1024,
            timeout_seconds=900,
            disk=Size.gibibytes(4),  # a Parquet file, and the occurrences of the rows
        )
        self.consume_queue(data.imports.queue)
        self.send_to(data.imports.queue, "IMPORTS_QUEUE_URL")
        self.function.add_environment("EVENTS_STREAM", data.stream.stream_name)
        self.allow(data.stream.stream_arn, "kinesis:PutRecords")
        self.use_table(CATALOGUE, "dynamodb:GetItem")
        self.note_refusals()
        self.mark_waits()
        self.use_identifier_key()
        self.function.add_environment("LOG_BUCKET", data.bucket.bucket_name)
        self.use_objects("imports/", "s3:GetObject")
        self.use_objects("import-progress/", "s3:GetObject", "s3:PutObject")
        self.allow(data.bucket.bucket_arn, "s3:ListBucket")  # without it a missing object can't be told from a ban
