"""publish_changes: says on the bus what changed about a person."""

from constructs import Construct

from infra.data import Data
from infra.functions.base import PipelineFunction
from infra.settings import Settings
from shared.stores.tables import PROFILES


class PublishChanges(PipelineFunction):
    def __init__(self, scope: Construct, settings: Settings, data: Data) -> None:
        super().__init__(scope, settings, data, name="publish_changes", memory_mb=512, timeout_seconds=30)
        self.consume_table_stream(PROFILES)
        self.function.add_environment("BUS_NAME", data.bus.event_bus_name)
        self.allow(data.bus.event_bus_arn, "events:PutEvents")
        self.send_to(data.reevaluations.queue, "REEVALUATIONS_QUEUE_URL")
