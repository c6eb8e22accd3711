"""manage_privacy: requests about people over HTTP, from the company's own and by OpenDSR."""

from constructs import Construct

from infra.data import Data
from infra.functions.base import PipelineFunction
from infra.settings import Settings
from shared.stores.lifecycles import EXPORTS
from shared.stores.tables import CATALOGUE, LEDGER, PRIVACY, PROFILES


class ManagePrivacy(PipelineFunction):
    def __init__(self, scope: Construct, settings: Settings, data: Data) -> None:
        super().__init__(scope, settings, data, name="manage_privacy", memory_mb=512, timeout_seconds=29)
        self.use_table(CATALOGUE, "dynamodb:GetItem", "dynamodb:Query")
        self.use_table(PROFILES, "dynamodb:BatchGetItem")
        actions = ("GetItem", "BatchGetItem", "Query", "PutItem", "DeleteItem")
        self.use_table(PRIVACY, *(f"dynamodb:{action}" for action in actions))
        self.use_table(LEDGER, "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query")
        self.function.add_environment("LOG_BUCKET", data.bucket.bucket_name)
        self.use_objects(EXPORTS, "s3:GetObject")
        self.allow(data.bucket.bucket_arn, "s3:ListBucket")
        self.use_identifier_key()
        self.use_suppressions("dynamodb:UpdateItem")
        self.use_opendsr_certificate()
        if settings.is_local:
            self.function.add_environment("ALLOW_PRIVATE_WEBHOOKS", "true")
