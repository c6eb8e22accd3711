"""Two HTTP APIs: Collect for SDKs and browsers, Read for people and services, with a function for each of its parts."""

import json

import jsii
from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_apigateway as rest
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_logs as logs
from aws_cdk.aws_apigatewayv2_integrations import HttpLambdaIntegration
from constructs import Construct

from infra.assets import ROOT
from infra.functions.base import PipelineFunction
from infra.nag import acknowledge
from infra.settings import Settings

_SDK_HEADERS = [
    "authorization",
    "content-type",
    "x-retry-count",
    "anonymousid",
    "sentat",
    "rsa-recovered",
    "rsa-retry-attempt",
    "rsa-since-last-attempt",
    "rsa-since-first-attempt",
    "rsa-retry-reason",
]
# No address and no path: a path of Read holds an identifier.
_LOGGED = {
    "requestId": "$context.requestId",
    "time": "$context.requestTime",
    "routeKey": "$context.routeKey",
    "status": "$context.status",
    "latency": "$context.responseLatency",
    "integrationError": "$context.integrationErrorMessage",
}


COLLECT_CORS = apigateway.CorsPreflightOptions(
    allow_origins=["*"],
    allow_headers=_SDK_HEADERS,
    allow_methods=[
        apigateway.CorsHttpMethod.GET,
        apigateway.CorsHttpMethod.POST,
        apigateway.CorsHttpMethod.OPTIONS,
    ],
    expose_headers=["retry-after"],
    max_age=Duration.days(1),
)


def described_paths(name: str) -> list[str]:
    """What lies right below the version in an API's OpenAPI description: `/v1/sources`, …"""
    described = json.loads((ROOT / "docs" / "openapi" / f"{name}.json").read_text())
    return sorted({"/".join(path.split("/")[:3]) for path in described["paths"]})


@jsii.implements(apigateway.IAccessLogSettings)
class _AccessLog:
    def __init__(self, log_group: logs.LogGroup) -> None:
        self._log_group = log_group

    @property
    def destination(self) -> apigateway.IAccessLogDestination:
        return apigateway.LogGroupLogDestination(self._log_group)

    @property
    def format(self) -> rest.AccessLogFormat:
        return rest.AccessLogFormat.custom(json.dumps(_LOGGED))


class FunctionApi(Construct):
    """One API in front of a function, and of others by path. `url` is an origin without a path: SDKs drop paths."""

    def __init__(
        self,
        scope: Construct,
        settings: Settings,
        name: str,
        subdomain: str,
        function: PipelineFunction,
        methods: list[apigateway.HttpMethod],
        cors: apigateway.CorsPreflightOptions | None = None,
    ) -> None:
        super().__init__(scope, f"{name.capitalize()}Api")
        self.name = name
        self.api = apigateway.HttpApi(
            self,
            "Api",
            api_name=f"{settings.prefix}-{name}",
            cors_preflight=cors,
            create_default_stage=False,
        )
        self._methods = methods
        self.route("/", function)
        acknowledge(self, "AwsSolutions-APIG4", "The function checks the write key or the API token itself.")
        domain = self._domain(settings, subdomain)
        self._stage(settings, name, domain)
        self.url = f"https://{domain.name}" if domain else self.api.api_endpoint
        self.domain_target = domain.regional_domain_name if domain else None
        self.server_errors = self.api.metric_server_error(period=Duration.minutes(5), statistic="sum")

    def route(self, path: str, function: PipelineFunction, methods: list[apigateway.HttpMethod] | None = None) -> None:
        """Hand what is asked of a path and below it to a function. API Gateway goes by the longest path."""
        integration = HttpLambdaIntegration(function.node.id, function.function)
        for route in (path, f"{path.rstrip('/')}/{{proxy+}}"):
            self.api.add_routes(path=route, methods=methods or self._methods, integration=integration)

    def _stage(self, settings: Settings, name: str, domain: apigateway.DomainName | None) -> None:
        log_group = logs.LogGroup(
            self,
            "AccessLog",
            # Under this prefix API Gateway needs no entry in the account's size-limited log policy.
            log_group_name=f"/aws/vendedlogs/{settings.prefix}-{name}",
            retention=logs.RetentionDays.ONE_WEEK if settings.is_local else logs.RetentionDays.ONE_MONTH,
            removal_policy=RemovalPolicy.DESTROY,
        )
        apigateway.HttpStage(
            self,
            "Stage",
            http_api=self.api,
            stage_name="$default",
            auto_deploy=True,
            throttle=apigateway.ThrottleSettings(
                rate_limit=settings.requests_per_second, burst_limit=settings.request_burst
            ),
            access_log_settings=_AccessLog(log_group),
            domain_mapping=apigateway.DomainMappingOptions(domain_name=domain) if domain else None,
        )

    def _domain(self, settings: Settings, subdomain: str) -> apigateway.DomainName | None:
        if not settings.domain_name:
            return None
        certificate = acm.Certificate.from_certificate_arn(self, "Certificate", settings.certificate_arn)
        return apigateway.DomainName(
            self, "Domain", domain_name=f"{subdomain}.{settings.domain_name}", certificate=certificate
        )
