"""send_callbacks: tells controllers of OpenDSR how their requests are getting on, out of the account."""

from aws_cdk import Duration
from constructs import Construct

from infra.data import Data
from infra.functions.base import PipelineFunction
from infra.settings import Settings
from shared.stores.tables import PRIVACY


class SendCallbacks(PipelineFunction):
    def __init__(self, scope: Construct, settings: Settings, data: Data) -> None:
        super().__init__(scope, settings, data, name="send_callbacks", memory_mb=512, timeout_seconds=300)
        self.consume_table_stream(PRIVACY)
        self.run_every(Duration.hours(1))
        self.expect_hourly_runs()
        actions = ("GetItem", "Query", "PutItem", "DeleteItem")
        self.use_table(PRIVACY, *(f"dynamodb:{action}" for action in actions))
        self.use_opendsr_certificate()
        if settings.is_local:
            self.function.add_environment("ALLOW_PRIVATE_WEBHOOKS", "true")
