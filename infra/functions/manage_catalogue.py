"""manage_catalogue: makes, changes and shows what a company configures."""

from constructs import Construct

from infra.data import Data
from infra.functions.base import PipelineFunction
from infra.settings import Settings
from shared.stores.tables import CATALOGUE, LEDGER


class ManageCatalogue(PipelineFunction):
    def __init__(self, scope: Construct, settings: Settings, data: Data) -> None:
        super().__init__(scope, settings, data, name="manage_catalogue", memory_mb=512, timeout_seconds=29)
        writes = ("dynamodb:PutItem", "dynamodb:DeleteItem")
        self.use_table(CATALOGUE, "dynamodb:GetItem", "dynamodb:Query", *writes)
        self.use_table(LEDGER, "dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem")
        actions = ("CreateSecret", "DeleteSecret", "GetSecretValue", "PutSecretValue")
        self.use_secrets_below("destinations", *actions)
        self.send_to(data.deliveries.queue, "DELIVERIES_QUEUE_URL")
        self.send_to(data.previews.queue, "PREVIEWS_QUEUE_URL")
        if settings.is_local:
            self.function.add_environment("ALLOW_PRIVATE_WEBHOOKS", "true")
        self.function.add_environment("SEGMENTS_NEED_APPROVAL", str(settings.segments_need_approval).lower())
