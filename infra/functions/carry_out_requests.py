"""carry_out_requests: carries out what people ask about their data, step by step."""

from aws_cdk import Size
from constructs import Construct

from infra.data import Data
from infra.functions.base import PipelineFunction
from infra.settings import Settings
from shared.stores.lifecycles import EXPORTS, OUTBOUND
from shared.stores.tables import CATALOGUE, EVENTS, KEPT_BY_LAW, LEDGER, PRIVACY, PROFILES, QUARANTINE


class CarryOutRequests(PipelineFunction):
    """The one function that may delete people, wherever they are."""

    def __init__(self, scope: Construct, settings: Settings, data: Data) -> None:
        super().__init__(
            scope,
            settings,
            data,
            name="carry_out_requests",
            memory_mb=2048,
            timeout_seconds=900,
            disk=Size.gibibytes(8),  # a day of the lake, twice
        )
        self.use_identifier_key()
        self.use_receipt_key()
        self.use_suppressions("dynamodb:PutItem")
        erases = ("dynamodb:Query", "dynamodb:BatchGetItem", "dynamodb:BatchWriteItem", "dynamodb:UpdateItem")
        self.use_table(CATALOGUE, "dynamodb:GetItem", "dynamodb:Query")
        self.use_table(EVENTS, *erases)
        self.use_table(PROFILES, "dynamodb:PutItem", *erases)
        self.use_table(LEDGER, "dynamodb:GetItem", "dynamodb:PutItem", *erases)
        writes = ("dynamodb:PutItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem")
        self.use_table(PRIVACY, "dynamodb:GetItem", "dynamodb:Query", *writes)
        self.use_table(KEPT_BY_LAW, "dynamodb:BatchWriteItem")
        self.use_table(QUARANTINE, "dynamodb:Scan", "dynamodb:BatchWriteItem")
        self.function.add_environment("LOG_BUCKET", data.bucket.bucket_name)
        self.use_objects("quarantine/", "s3:GetObject", "s3:DeleteObject")
        self.use_objects("lake/", "s3:GetObject", "s3:PutObject", "s3:DeleteObject")
        self.use_objects(EXPORTS, "s3:PutObject", "s3:DeleteObject")
        self.use_objects(OUTBOUND, "s3:GetObject", "s3:PutObject")
        self.function.add_environment("EVENTS_STREAM", data.stream.stream_name)
        self.allow(data.stream.stream_arn, "kinesis:PutRecords")
        self.allow(data.bucket.bucket_arn, "s3:ListBucket")
