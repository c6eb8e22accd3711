"""deliver: the only way out of the account; posts facts to webhooks where consent allows it."""

from aws_cdk import Stack, Token
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
        self.use_table(PROFILES, "dynamodb:BatchGetItem")
        self.use_table(LEDGER, "dynamodb:GetItem", "dynamodb:PutItem")
        self._read_destination_secrets()
        if settings.is_local:
            self.function.add_environment("ALLOW_PRIVATE_WEBHOOKS", "true")

    def _read_destination_secrets(self) -> None:
        """One grant for all: destinations are configuration, added without a deployment."""
        stack = Stack.of(self)
        partition = _shown(stack.partition, "AWS::Partition")
        place = f"{_shown(stack.region, 'AWS::Region')}:{_shown(stack.account, 'AWS::AccountId')}"
        name = f"secret:jogakbo/{self.settings.stage}/destinations/*"
        self.allow_below(
            f"arn:{stack.partition}:secretsmanager:{stack.region}:{stack.account}:{name}",
            f"arn:{partition}:secretsmanager:{place}:{name}",
            "Destinations get their secrets after deployment.",
            "secretsmanager:GetSecretValue",
        )


def _shown(value: str, pseudo_parameter: str) -> str:
    """As cdk-nag writes it."""
    return f"<{pseudo_parameter}>" if Token.is_unresolved(value) else value
