"""deliver: the only way out of the account; takes facts to destinations where consent allows it."""

from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.data import Data
from infra.functions.base import PipelineFunction
from infra.settings import Settings
from shared.stores.lifecycles import OUTBOUND
from shared.stores.tables import CATALOGUE, LEDGER, PROFILES


class Deliver(PipelineFunction):
    def __init__(self, scope: Construct, settings: Settings, data: Data) -> None:
        super().__init__(scope, settings, data, name="deliver", memory_mb=512, timeout_seconds=60)
        self.consume_queue(data.deliveries.queue, "sqs:ChangeMessageVisibility")
        self.use_table(CATALOGUE, "dynamodb:Query")
        self.send_to(data.deliveries.queue, "DELIVERIES_QUEUE_URL")
        self.function.add_environment("MOST_BEHIND_SECONDS", str(settings.most_behind_seconds))
        self._watch(data)
        self.use_table(PROFILES, "dynamodb:BatchGetItem")
        lists = ("dynamodb:BatchGetItem", "dynamodb:BatchWriteItem", "dynamodb:DeleteItem")
        self.use_table(LEDGER, "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:Query", *lists)
        self.use_suppressions()
        self.use_secrets_below("destinations", "GetSecretValue")
        self.use_outlets()
        if settings.partner_buses:
            self._use_partners()
        self.use_objects(OUTBOUND, "s3:PutObject", "s3:GetObject")
        if settings.is_local:
            self.function.add_environment("ALLOW_PRIVATE_WEBHOOKS", "true")

    def _use_partners(self) -> None:
        """A role of its own may put on partners' buses, and on nothing else; partners let in no other."""
        role = iam.Role(
            self,
            "PartnersRole",
            role_name=f"{self.settings.prefix}-partners",
            assumed_by=iam.ArnPrincipal(self.role.role_arn),
        )
        role.add_to_policy(iam.PolicyStatement(actions=["events:PutEvents"], resources=self.settings.partner_buses))
        self.allow(role.role_arn, "sts:AssumeRole")
        self.function.add_environment("PARTNERS_ROLE_ARN", role.role_arn)

    def _watch(self, data: Data) -> None:
        """It holds what depends on consent while something waits there, or was given up."""
        queues = [
            queue for work in (data.store_retries, data.stitch_retries) for queue in (work.queue, work.dead_letters)
        ]
        self.function.add_environment("WATCHED_QUEUES", ",".join(queue.queue_url for queue in queues))
        for queue in queues:
            self.allow(queue.queue_arn, "sqs:GetQueueAttributes")
        self.function.add_environment("LOG_BUCKET", data.bucket.bucket_name)
        self.allow(data.bucket.bucket_arn, "s3:ListBucket")

    def watch_mappings(self, *ids: str) -> None:
        """Below whose ids Lambda leaves what it gives up."""
        self.function.add_environment("WATCHED_MAPPINGS", ",".join(ids))
