"""Everything that holds data: tables, the Kinesis stream, the bucket, keys, the bus and the queues."""

from dataclasses import dataclass

from aws_cdk import CfnResource, Duration, RemovalPolicy, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.nag import acknowledge
from infra.settings import Settings
from shared.stores.lifecycles import IMPORTS, KEPT_DAYS
from shared.stores.tables import DATA_KEY, PARTITION_KEY, SORT_KEY, TABLES, TTL_ATTRIBUTE, Table


@dataclass(frozen=True, slots=True)
class WorkQueue:
    """A queue and where its messages go after too many receives."""

    name: str
    queue: sqs.Queue
    dead_letters: sqs.Queue


class Data(Construct):
    """Logical ids are pinned by hand: CloudFormation replaces, and so empties, whatever changes its logical id."""

    def __init__(self, scope: Construct, settings: Settings) -> None:
        super().__init__(scope, "Data")
        self._settings = settings
        self._removal = RemovalPolicy.RETAIN if settings.is_production else RemovalPolicy.DESTROY
        self.keys = {
            name: self._key(name) for name in dict.fromkeys(table.own_key for table in TABLES if table.own_key)
        }
        self.tables = {table.name: self._table(table) for table in TABLES}
        self.stream = self._stream()
        self.bucket = self._bucket()
        self.identifier_key_name = f"jogakbo/{settings.stage}/identifier-key"
        self.identifier_key = self._identifier_key()
        self.suppression_keys_name = f"jogakbo/{settings.stage}/suppression-keys"
        self.suppression_keys = self._suppression_keys()
        self.receipt_key_name = f"jogakbo/{settings.stage}/receipt-key"
        self.receipt_key = self._receipt_key()
        self.bus = self._bus()
        self.store_retries = self._work_queue("StoreRetries", "store-retries", timeout_seconds=180)
        self.stitch_retries = self._work_queue("StitchRetries", "stitch-retries", timeout_seconds=60)
        self.deliveries = self._work_queue("Deliveries", "deliveries", timeout_seconds=60)
        self.imports = self._work_queue("Imports", "imports", timeout_seconds=900)
        self.jobs = self._work_queue("Jobs", "jobs", timeout_seconds=300)
        self.reevaluations = self._work_queue("Reevaluations", "reevaluations", timeout_seconds=60)
        self.previews = self._work_queue("Previews", "previews", timeout_seconds=900)
        self._tell_of_imports()
        retries = (self.store_retries, self.stitch_retries)
        others = (self.deliveries, self.imports, self.jobs, self.reevaluations, self.previews)
        self.work_queues = (*retries, *others)
        self.unrouted = self._dead_letters("DeliveriesRuleDeadLetters", "deliveries-rule-dlq")
        acknowledge(self.unrouted, "AwsSolutions-SQS3", "It is the dead-letter queue of the rule to deliveries.")

    def table(self, table: Table) -> dynamodb.Table:
        return self.tables[table.name]

    def _table(self, table: Table) -> dynamodb.Table:
        text = dynamodb.AttributeType.STRING
        made = dynamodb.Table(
            self,
            f"{table.name.capitalize()}Table",
            table_name=f"{self._settings.prefix}-{table.name}",
            partition_key=dynamodb.Attribute(name=PARTITION_KEY, type=text),
            sort_key=dynamodb.Attribute(name=SORT_KEY, type=text),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            time_to_live_attribute=TTL_ATTRIBUTE if table.ttl else None,
            stream=dynamodb.StreamViewType[table.stream] if table.stream else None,
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED if table.own_key else None,
            encryption_key=self.keys.get(table.own_key),
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=not self._settings.is_local
            ),
            deletion_protection=self._settings.is_production,
            removal_policy=self._removal,
        )
        _pin(made, f"Table{table.name.capitalize()}")
        return made

    def _key(self, name: str) -> kms.Key:
        """Of the tables that name it, and of objects: quarantine's of those under quarantine/, data's of all others."""
        key = kms.Key(
            self,
            f"{name.capitalize()}Key",
            description=f"{name.capitalize()} of {self._settings.prefix}",
            enable_key_rotation=True,
            removal_policy=self._removal,
        )
        _pin(key, f"Key{name.capitalize()}")
        return key

    def _stream(self) -> kinesis.Stream:
        local, small = self._settings.is_local, self._settings.small
        stream = kinesis.Stream(
            self,
            "EventsStream",
            stream_name=f"{self._settings.prefix}-events",
            retention_period=Duration.days(1 if small else 7),  # the other six days cost more than the shard
            stream_mode=kinesis.StreamMode.PROVISIONED if local or small else kinesis.StreamMode.ON_DEMAND,
            shard_count=1 if local or small else None,
            encryption=kinesis.StreamEncryption.UNENCRYPTED if local else kinesis.StreamEncryption.MANAGED,
            removal_policy=self._removal,
        )
        _pin(stream, "StreamEvents")
        return stream

    def _bucket(self) -> s3.Bucket:
        bucket = s3.Bucket(
            self,
            "LogBucket",
            encryption=s3.BucketEncryption.KMS,
            encryption_key=self.keys[DATA_KEY],
            bucket_key_enabled=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            enforce_ssl=True,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            lifecycle_rules=[
                s3.LifecycleRule(prefix=prefix, expiration=Duration.days(days)) for prefix, days in KEPT_DAYS.items()
            ],
            removal_policy=self._removal,
        )
        _pin(bucket, "BucketLog")
        acknowledge(bucket, "AwsSolutions-S1", "Only roles of this stack reach the bucket; CloudTrail can record them.")
        return bucket

    def _tell_of_imports(self) -> None:
        """S3 tells the queue of each file. CDK's own way would add a function with rights on every bucket."""
        queue = self.imports.queue
        queue.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("s3.amazonaws.com")],
                actions=["sqs:SendMessage"],
                resources=[queue.queue_arn],
                # Not the bucket's ARN: S3 tries the queue while it makes the bucket, so this policy comes first.
                conditions={"StringEquals": {"aws:SourceAccount": Stack.of(self).account}},
            )
        )
        bucket, policy = self.bucket.node.default_child, queue.node.find_child("Policy").node.default_child
        if not isinstance(bucket, s3.CfnBucket) or not isinstance(policy, CfnResource):
            raise TypeError("a bucket and a queue policy have one resource each")
        bucket.add_dependency(policy)
        below = s3.CfnBucket.FilterRuleProperty(name="prefix", value=IMPORTS)
        bucket.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
            queue_configurations=[
                s3.CfnBucket.QueueConfigurationProperty(
                    event="s3:ObjectCreated:*",
                    queue=queue.queue_arn,
                    filter=s3.CfnBucket.NotificationFilterProperty(
                        s3_key=s3.CfnBucket.S3KeyFilterProperty(rules=[below])
                    ),
                )
            ]
        )

    def _identifier_key(self) -> secretsmanager.Secret:
        secret = secretsmanager.Secret(
            self,
            "IdentifierKey",
            secret_name=self.identifier_key_name,
            description="HMAC key of every identifier. Never rotate it: every person would be a new one.",
            generate_secret_string=secretsmanager.SecretStringGenerator(password_length=64, exclude_punctuation=True),
            removal_policy=self._removal,
        )
        _pin(secret, "SecretIdentifierKey")
        acknowledge(secret, "AwsSolutions-SMG4", "Rotation would change the key of every person and event.")
        return secret

    def _suppression_keys(self) -> secretsmanager.Secret:
        secret = secretsmanager.Secret(
            self,
            "SuppressionKeys",
            secret_name=self.suppression_keys_name,
            description="HMAC keys of erased people by version. Never drop one: people erased under it could return.",
            generate_secret_string=secretsmanager.SecretStringGenerator(
                secret_string_template='{"current": "1"}',  # noqa: S106
                generate_string_key="1",
                password_length=64,
                exclude_punctuation=True,
            ),
            removal_policy=self._removal,
        )
        _pin(secret, "SecretSuppressionKeys")
        acknowledge(secret, "AwsSolutions-SMG4", "A new version is added by the command; the old ones stay.")
        return secret

    def _receipt_key(self) -> secretsmanager.Secret:
        secret = secretsmanager.Secret(
            self,
            "ReceiptKey",
            secret_name=self.receipt_key_name,
            description="HMAC key of receipts of erasures. A receipt is proved by the key that signed it.",
            generate_secret_string=secretsmanager.SecretStringGenerator(password_length=64, exclude_punctuation=True),
            removal_policy=self._removal,
        )
        _pin(secret, "SecretReceiptKey")
        acknowledge(secret, "AwsSolutions-SMG4", "Rotation would make receipts that were given out unprovable.")
        return secret

    def _bus(self) -> events.EventBus:
        bus = events.EventBus(self, "Bus", event_bus_name=self._settings.prefix)
        archive = events.Archive(
            self,
            "BusArchive",
            archive_name=self._settings.prefix,
            source_event_bus=bus,
            event_pattern=events.EventPattern(source=["jogakbo"]),
            retention=Duration.days(7),
        )
        _pin(bus, "BusFacts")
        _pin(archive, "ArchiveFacts")
        return bus

    def _work_queue(self, name: str, physical: str, timeout_seconds: int) -> WorkQueue:
        """`timeout_seconds`: of the function that reads it. AWS advises six times that; locally retries come sooner."""
        dead_letters = self._dead_letters(f"{name}DeadLetters", f"{physical}-dlq")
        queue = sqs.Queue(
            self,
            name,
            queue_name=f"{self._settings.prefix}-{physical}",
            visibility_timeout=Duration.seconds(timeout_seconds * (1 if self._settings.is_local else 6)),
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            dead_letter_queue=sqs.DeadLetterQueue(queue=dead_letters, max_receive_count=10),
            removal_policy=self._removal,
        )
        _pin(queue, f"Queue{name}")
        return WorkQueue(physical, queue, dead_letters)

    def _dead_letters(self, name: str, physical: str) -> sqs.Queue:
        queue = sqs.Queue(
            self,
            name,
            queue_name=f"{self._settings.prefix}-{physical}",
            retention_period=Duration.days(14),
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            removal_policy=self._removal,
        )
        _pin(queue, f"Queue{name}")
        return queue


def _pin(construct: Construct, logical_id: str) -> None:
    resource = construct.node.default_child
    if not isinstance(resource, CfnResource):
        raise TypeError(f"{construct.node.path} has no single resource to pin")
    resource.override_logical_id(logical_id)
