"""store_events: validates what is on the stream and inserts it, once."""

from constructs import Construct

from infra.data import Data
from infra.functions.base import PipelineFunction
from infra.settings import Settings
from shared.stores.lifecycles import FAILURES
from shared.stores.tables import CATALOGUE, EVENTS, LEDGER, QUARANTINE


class StoreEvents(PipelineFunction):
    def __init__(self, scope: Construct, settings: Settings, data: Data) -> None:
        super().__init__(scope, settings, data, name="store_events", memory_mb=1024, timeout_seconds=180)
        self.consume_events_stream()
        self.consume_queue(data.store_retries.queue)
        self.send_to(data.store_retries.queue, "STORE_RETRIES_QUEUE_URL")
        self.send_to(data.stitch_retries.queue, "STITCH_RETRIES_QUEUE_URL")
        self.use_table(EVENTS, "dynamodb:PartiQLInsert", "dynamodb:BatchGetItem")
        self.use_table(
            QUARANTINE, "dynamodb:PartiQLInsert", "dynamodb:GetItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"
        )
        self.use_table(LEDGER, "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:DeleteItem")
        self.use_table(CATALOGUE, "dynamodb:GetItem", "dynamodb:Query")
        self.function.add_environment("LOG_BUCKET", data.bucket.bucket_name)
        self.use_objects("log/", "s3:PutObject", "s3:GetObject")
        self.use_objects("quarantine/", "s3:PutObject", "s3:DeleteObject")
        self.use_objects("outcomes/", "s3:PutObject")
        self.use_objects(FAILURES, "s3:GetObject", "s3:DeleteObject")
        self.function.add_environment("QUARANTINE_KEY", data.keys[QUARANTINE.own_key].key_arn)
        self.use_identifier_key()
        self.use_suppressions()
