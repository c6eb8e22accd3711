"""deliver: the only way out of the account; posts facts to webhooks where consent allows it."""

from aws_cdk import ArnFormat, Stack
from constructs import Construct

from infra.data import Data
from infra.functions.base import PipelineFunction
from infra.settings import Settings
from shared.stores.tables import CATALOGUE, LEDGER, PROFILES


class Deliver(PipelineFunction):
    def __init__(self, scope: Construct, settings: Settings, data: Data) -> None:
        super().__init__(scope, settings, data, name="deliver", memory_mb=512, timeout_seconds=60)
        self.consume_queue(data.deliveries.queue, "sqs:ChangeMessageVisibility")
        self.function.add_environment("DELIVERIES_QUEUE_URL", data.deliveries.queue.queue_url)
        self.use_table(CATALOGUE, "dynamodb:Query")
        self.use_table(PROFILES, "dynamodb:BatchGetItem", "dynamodb:GetItem")
        self.use_table(LEDGER, "dynamodb:GetItem", "dynamodb:PutItem")
        self._read_destination_secrets()
        if settings.is_local:
            self.function.add_environment("ALLOW_PRIVATE_WEBHOOKS", "true")

    def _read_destination_secrets(self) -> None:
        """One grant for all: destinations are configuration, added without a deployment."""
        name = f"jogakbo/{self.settings.stage}/destinations/*"
        arn = Stack.of(self).format_arn(
            service="secretsmanager", resource="secret", resource_name=name, arn_format=ArnFormat.COLON_RESOURCE_NAME
        )
        place = f"{self.settings.region or '<AWS::Region>'}:{self.settings.account or '<AWS::AccountId>'}"
        finding = f"arn:<AWS::Partition>:secretsmanager:{place}:secret:{name}"
        reason = "Destinations get their secrets after deployment."
        self.allow_below(arn, finding, reason, "secretsmanager:GetSecretValue")
