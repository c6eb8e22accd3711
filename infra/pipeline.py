"""Joins the functions: which stream or queue calls which, and the rule from the bus to the deliveries."""

from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.data import Data
from infra.functions.base import PipelineFunction
from infra.functions.deliver import Deliver
from infra.settings import Settings
from shared.stores.tables import EVENTS, PRIVACY, PROFILES

DELIVERED = (
    "Profile Created",
    "Profile Merged",
    "Profile Split",
    "Profile Erased",
    "Traits Changed",
    "Consent Changed",
    "Segment Entered",
    "Segment Exited",
    "Segment Changed In Bulk",
)
_INSERTS = {"eventName": ["INSERT"]}
_PROFILE_ITEMS = {"dynamodb": {"Keys": {"sk": {"S": ["P"]}}}}
_REQUESTS = {"dynamodb": {"Keys": {"pk": {"S": ["requests"]}}}}
# Below the retention of Kinesis (7 days) and of table streams (24 hours): older records go to S3 before they are gone.
_KINESIS_AGE = Duration.days(6)
_TABLE_STREAM_AGE = Duration.hours(22)


class Pipeline(Construct):
    def __init__(
        self,
        scope: Construct,
        settings: Settings,
        data: Data,
        *,
        store: PipelineFunction,
        stitch: PipelineFunction,
        publish: PipelineFunction,
        deliver: Deliver,
        import_files: PipelineFunction,
        run_jobs: PipelineFunction,
        send_callbacks: PipelineFunction,
        reevaluate_people: PipelineFunction,
        preview_segments: PipelineFunction,
    ) -> None:
        super().__init__(scope, "Pipeline")
        self._data = data
        self._window = Duration.seconds(0 if settings.is_local else settings.batch_window_seconds)
        events_stream = data.table(EVENTS).table_stream_arn
        profiles_stream = data.table(PROFILES).table_stream_arn
        stored = self._from_stream("StoreFromStream", store, data.stream.stream_arn, 500, _KINESIS_AGE)
        # A person is written once a batch: the larger it is, the fewer writes an event takes (docs/limits.md).
        stitched = self._from_stream("StitchFromEvents", stitch, events_stream, 2_500, _TABLE_STREAM_AGE, _INSERTS)
        deliver.watch_mappings(stored, stitched)
        self._from_stream("PublishFromProfiles", publish, profiles_stream, 100, _TABLE_STREAM_AGE, _PROFILE_ITEMS)
        privacy_stream = data.table(PRIVACY).table_stream_arn
        self._from_stream("CallFromPrivacy", send_callbacks, privacy_stream, 10, _TABLE_STREAM_AGE, _REQUESTS)
        self._from_queue("StoreFromRetries", store, data.store_retries.queue)
        self._from_queue("StitchFromRetries", stitch, data.stitch_retries.queue)
        self._from_queue("DeliverFromQueue", deliver, data.deliveries.queue, max_concurrency=10)
        self._from_queue("ImportFromQueue", import_files, data.imports.queue, max_concurrency=2, batch_size=1)
        self._from_queue("JobsFromQueue", run_jobs, data.jobs.queue, max_concurrency=4, batch_size=1)
        self._from_queue("ReevaluateFromQueue", reevaluate_people, data.reevaluations.queue, max_concurrency=10)
        self._from_queue("PreviewFromQueue", preview_segments, data.previews.queue, max_concurrency=2, batch_size=1)
        self._rule(settings)

    def _from_stream(
        self,
        name: str,
        function: PipelineFunction,
        source_arn: str | None,
        batch_size: int,
        max_record_age: Duration,
        pattern: dict[str, Any] | None = None,
    ) -> str:
        """The id of the mapping."""
        mapping = lambda_.EventSourceMapping(
            self,
            name,
            target=function.function,
            event_source_arn=source_arn,
            starting_position=lambda_.StartingPosition.TRIM_HORIZON,
            batch_size=batch_size,
            max_batching_window=self._window,
            bisect_batch_on_error=True,
            report_batch_item_failures=True,
            retry_attempts=10,
            max_record_age=max_record_age,
            # The counts in the ledger rely on one worker per shard.
            parallelization_factor=1,
            filters=[lambda_.FilterCriteria.filter(pattern)] if pattern else None,
        )
        # CDK's S3OnFailureDestination would grant read, write and delete on the whole bucket.
        resource = mapping.node.default_child
        if isinstance(resource, lambda_.CfnEventSourceMapping):
            resource.destination_config = lambda_.CfnEventSourceMapping.DestinationConfigProperty(
                on_failure=lambda_.CfnEventSourceMapping.OnFailureProperty(destination=self._data.bucket.bucket_arn)
            )
        return mapping.event_source_mapping_id

    def _from_queue(
        self,
        name: str,
        function: PipelineFunction,
        queue: sqs.Queue,
        max_concurrency: int | None = None,
        batch_size: int = 10,
    ) -> None:
        lambda_.EventSourceMapping(
            self,
            name,
            target=function.function,
            event_source_arn=queue.queue_arn,
            batch_size=batch_size,
            report_batch_item_failures=True,
            max_concurrency=max_concurrency,
        )

    def _rule(self, settings: Settings) -> None:
        events.Rule(
            self,
            "FactsToDeliveries",
            rule_name=f"{settings.prefix}-deliveries",
            event_bus=self._data.bus,
            event_pattern=events.EventPattern(source=["jogakbo"], detail_type=list(DELIVERED)),
            targets=[targets.SqsQueue(self._data.deliveries.queue, dead_letter_queue=self._data.unrouted)],
        )
