"""read_profiles: answers who someone is and what they did."""

from constructs import Construct

from infra.data import Data
from infra.functions.base import PipelineFunction
from infra.settings import Settings
from shared.stores.tables import CATALOGUE, EVENTS, LEDGER, PROFILES


class ReadProfiles(PipelineFunction):
    def __init__(self, scope: Construct, settings: Settings, data: Data) -> None:
        super().__init__(scope, settings, data, name="read_profiles", memory_mb=512, timeout_seconds=20)
        self.use_table(CATALOGUE, "dynamodb:GetItem", "dynamodb:Query")
        self.use_table(PROFILES, "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:Scan")
        self.use_table(EVENTS, "dynamodb:Query", "dynamodb:BatchGetItem")
        self.use_table(LEDGER, "dynamodb:GetItem", "dynamodb:Query", "dynamodb:BatchGetItem", "dynamodb:PutItem")
        self.use_identifier_key()
