"""deliver: the only way out of the account; posts facts to webhooks where consent allows it."""

from constructs import Construct

from infra.data import Data
from infra.functions.base import PipelineFunction
from infra.settings import Settings
from shared.stores.tables import CATALOGUE, LEDGER, PROFILES


class Deliver(PipelineFunction):
    def __init__(self, scope: Construct, settings: Settings, data: Data) -> None:
        super().__init__(scope, settings, data, name="deliver", memory_mb=512, timeout_seconds=60)
        self.consume_queue(data.deliveries.queue, "sqs:ChangeMessageVisibility")
        self.use_table(CATALOGUE, "dynamodb:Query")
        self.send_to(data.deliveries.queue, "DELIVERIES_QUEUE_URL")
        self.function.add_environment("MOST_BEHIND_SECONDS", str(settings.most_behind_seconds))
        self.use_table(PROFILES, "dynamodb:BatchGetItem")
        self.use_table(LEDGER, "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:Query")
        self.use_suppressions()
        self.use_secrets_below("destinations", "GetSecretValue")
        if settings.is_local:
            self.function.add_environment("ALLOW_PRIVATE_WEBHOOKS", "true")
