"""stitch_identities: decides whose event it is and folds it into that person's profile."""

from constructs import Construct

from infra.data import Data
from infra.functions.base import PipelineFunction
from infra.settings import Settings
from shared.stores.tables import CATALOGUE, EVENTS, LEDGER, PROFILES


class StitchIdentities(PipelineFunction):
    def __init__(self, scope: Construct, settings: Settings, data: Data) -> None:
        super().__init__(scope, settings, data, name="stitch_identities", memory_mb=1024, timeout_seconds=60)
        self.consume_table_stream(EVENTS)
        self.consume_queue(data.stitch_retries.queue)
        self.send_to(data.stitch_retries.queue, "STITCH_RETRIES_QUEUE_URL")
        self.use_table(EVENTS, "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:UpdateItem", "dynamodb:DeleteItem")
        self.use_suppressions()
        self.use_table(CATALOGUE, "dynamodb:GetItem", "dynamodb:Query")
        self.use_table(
            PROFILES, *(f"dynamodb:{action}" for action in ("BatchGetItem", "PutItem", "UpdateItem", "Query"))
        )
        self.use_table(LEDGER, "dynamodb:Query", "dynamodb:UpdateItem", "dynamodb:PutItem", "dynamodb:DeleteItem")
