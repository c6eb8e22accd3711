"""The one stack of a stage: wiring only."""

import aws_cdk as cdk
from aws_cdk import aws_apigatewayv2 as apigateway
from constructs import Construct

from infra.api import COLLECT_CORS, FunctionApi, described_paths
from infra.data import Data
from infra.functions.build_lake import BuildLake
from infra.functions.carry_out_requests import CarryOutRequests
from infra.functions.collect_events import CollectEvents
from infra.functions.deliver import Deliver
from infra.functions.import_files import ImportFiles
from infra.functions.manage_catalogue import ManageCatalogue
from infra.functions.manage_people import ManagePeople
from infra.functions.manage_privacy import ManagePrivacy
from infra.functions.preview_segments import PreviewSegments
from infra.functions.publish_changes import PublishChanges
from infra.functions.read_profiles import ReadProfiles
from infra.functions.reconcile_counts import ReconcileCounts
from infra.functions.reevaluate_people import ReevaluatePeople
from infra.functions.review_quarantine import ReviewQuarantine
from infra.functions.run_jobs import RunJobs
from infra.functions.send_callbacks import SendCallbacks
from infra.functions.stitch_identities import StitchIdentities
from infra.functions.store_events import StoreEvents
from infra.functions.sweep_deadlines import SweepDeadlines
from infra.functions.sweep_retention import SweepRetention
from infra.lake import Lake
from infra.observability import Observability
from infra.pipeline import Pipeline
from infra.requests import Requests
from infra.settings import Settings


class JogakboStack(cdk.Stack):
    def __init__(self, scope: Construct, settings: Settings) -> None:
        super().__init__(
            scope,
            settings.prefix,
            description=f"Jogakbo, a customer data platform: stage {settings.stage}",
            env=cdk.Environment(account=settings.account or None, region=settings.region or None),
            synthesizer=_synthesizer(settings),
            termination_protection=settings.is_production,
            tags={"jogakbo:stage": settings.stage, **settings.tags},
            permissions_boundary=_permissions_boundary(settings),
        )
        data = Data(self, settings)
        collect = CollectEvents(self, settings, data)
        store = StoreEvents(self, settings, data)
        stitch = StitchIdentities(self, settings, data)
        publish = PublishChanges(self, settings, data)
        deliver = Deliver(self, settings, data)
        imports = ImportFiles(self, settings, data)
        read = ReadProfiles(self, settings, data)
        sweep = SweepRetention(self, settings, data)
        manage = ManageCatalogue(self, settings, data)
        review = ReviewQuarantine(self, settings, data)
        people = ManagePeople(self, settings, data)
        privacy = ManagePrivacy(self, settings, data)
        jobs = RunJobs(self, settings, data)
        carry_out = CarryOutRequests(self, settings, data)
        requests = Requests(self, settings, carry_out)
        deadlines = SweepDeadlines(self, settings, data)
        requests.let_start(privacy, deadlines)
        callbacks = SendCallbacks(self, settings, data)
        reevaluate = ReevaluatePeople(self, settings, data)
        reconcile = ReconcileCounts(self, settings, data)
        preview = PreviewSegments(self, settings, data)
        lake = BuildLake(self, settings, data, Lake(self, settings, data))
        way = (collect, imports, store, stitch, publish, deliver, sweep, reconcile, lake, jobs, carry_out, callbacks)
        functions = (*way, reevaluate, preview, read, manage, review, people, privacy, deadlines)
        Pipeline(
            self,
            settings,
            data,
            store=store,
            stitch=stitch,
            publish=publish,
            deliver=deliver,
            import_files=imports,
            run_jobs=jobs,
            send_callbacks=callbacks,
            reevaluate_people=reevaluate,
            preview_segments=preview,
        )
        get_and_post = [apigateway.HttpMethod.GET, apigateway.HttpMethod.POST]  # ANY would catch the preflight.
        collect_api = FunctionApi(self, settings, "collect", "collect", collect, get_and_post, COLLECT_CORS)
        read_api = FunctionApi(self, settings, "read", "api", read, [apigateway.HttpMethod.ANY])
        _route(read_api, manage, review, people, privacy)
        for below in ("{segment_id}/members", "{segment_id}/sizes", "previews/{preview_id}"):
            read_api.route(f"/v1/segments/{below}", read, [apigateway.HttpMethod.GET])
        Observability(self, settings, data, functions, (store, stitch, publish), (collect_api, read_api))
        self._outputs({f"{function.node.id}FunctionName": function.function.function_name for function in functions})
        machine = {"RequestsStateMachineArn": requests.arn}
        self._outputs(machine | _api_outputs(collect_api, read_api) | _data_outputs(data))

    def _outputs(self, values: dict[str, str]) -> None:
        for name, value in values.items():
            cdk.CfnOutput(self, name, value=value)


def _route(
    api: FunctionApi, manage: ManageCatalogue, review: ReviewQuarantine, people: ManagePeople, privacy: ManagePrivacy
) -> None:
    for path in described_paths("catalogue"):
        api.route(path, manage)
    api.route("/v1/quarantine", review)
    for path in described_paths("people"):
        # Below /v1/profiles others are asked by GET.
        api.route(path, people, [apigateway.HttpMethod.POST] if path == "/v1/profiles" else None)
    for path in (*described_paths("privacy"), *described_paths("opendsr")):
        api.route(path, privacy)


def _api_outputs(collect: FunctionApi, read: FunctionApi) -> dict[str, str]:
    values = {
        "CollectUrl": collect.url,
        "ReadUrl": read.url,
        "CollectApiId": collect.api.api_id,
        "ReadApiId": read.api.api_id,
    }
    for name, api in (("CollectDomainTarget", collect), ("ReadDomainTarget", read)):
        if api.domain_target:
            values[name] = api.domain_target
    return values


def _data_outputs(data: Data) -> dict[str, str]:
    tables = {f"{name.capitalize()}Table": table.table_name for name, table in data.tables.items()}
    return tables | {
        "BusName": data.bus.event_bus_name,
        "EventsStreamName": data.stream.stream_name,
        "LogBucketName": data.bucket.bucket_name,
        "IdentifierKeySecretName": data.identifier_key_name,
        "SuppressionKeysSecretName": data.suppression_keys_name,
        "StoreRetriesQueueUrl": data.store_retries.queue.queue_url,
        "StitchRetriesQueueUrl": data.stitch_retries.queue.queue_url,
        "ImportsQueueUrl": data.imports.queue.queue_url,
        "JobsQueueUrl": data.jobs.queue.queue_url,
        "DeliveriesQueueUrl": data.deliveries.queue.queue_url,
    }


def _synthesizer(settings: Settings) -> cdk.IStackSynthesizer:
    if settings.is_local:
        # The emulator checks roles, and refuses the bootstrap's publishing role.
        return cdk.CliCredentialsStackSynthesizer()
    return cdk.DefaultStackSynthesizer(qualifier=settings.bootstrap_qualifier or None)


def _permissions_boundary(settings: Settings) -> cdk.PermissionsBoundary | None:
    boundary = settings.permissions_boundary
    if not boundary:
        return None
    make = cdk.PermissionsBoundary.from_arn if boundary.startswith("arn:") else cdk.PermissionsBoundary.from_name
    return make(boundary)
