"""What API Gateway does before a function sees a request."""

import json
from typing import Any

from infra.assets import ROOT
from tests.infra.conftest import Template


def test_browsers_may_send_from_anywhere_with_the_headers_that_sdks_send(production: Template) -> None:
    cors = production.named("ApiGatewayV2::Api", "Name")["jogakbo-production-collect"]["CorsConfiguration"]
    assert cors["AllowOrigins"] == ["*"]
    assert set(cors["AllowMethods"]) == {"GET", "POST", "OPTIONS"}
    assert set(cors["AllowHeaders"]) == {
        *("authorization", "content-type", "x-retry-count", "anonymousid", "sentat", "rsa-recovered"),
        *("rsa-retry-attempt", "rsa-retry-reason", "rsa-since-last-attempt", "rsa-since-first-attempt"),
    }
    assert (cors["ExposeHeaders"], cors["MaxAge"]) == (["retry-after"], 86400)


def test_profiles_are_not_read_from_other_origins(production: Template) -> None:
    assert "CorsConfiguration" not in production.named("ApiGatewayV2::Api", "Name")["jogakbo-production-read"]


def test_no_route_of_collect_catches_the_preflight(production: Template) -> None:
    apis = {api["Properties"]["Name"]: name for name, api in production.of_type("ApiGatewayV2::Api").items()}
    routes = {
        route["Properties"]["RouteKey"]
        for route in production.of_type("ApiGatewayV2::Route").values()
        if route["Properties"]["ApiId"] == {"Ref": apis["jogakbo-production-collect"]}
    }
    assert routes == {"GET /", "POST /", "GET /{proxy+}", "POST /{proxy+}"}


def test_every_path_of_the_catalogue_leads_to_its_function_and_the_others_to_read(production: Template) -> None:
    described = json.loads((ROOT / "docs" / "openapi" / "catalogue.json").read_text())["paths"]
    routes = production.named("ApiGatewayV2::Route", "RouteKey")
    leads = {key: _function_of(production, route) for key, route in routes.items() if key.startswith("ANY")}
    for path in described:
        below = "" if path.count("/") == 2 else "/{proxy+}"
        assert leads[f"ANY /{'/'.join(path.split('/')[1:3])}{below}"] == "manage_catalogue", path
    assert leads["ANY /{proxy+}"] == "read_profiles"
    for part in ("members", "sizes"):  # more exact than the greedy path of the catalogue, so API Gateway takes it first
        assert _function_of(production, routes[f"GET /v1/segments/{{segment_id}}/{part}"]) == "read_profiles"


def test_quarantine_leads_to_its_own_function(production: Template) -> None:
    routes = production.named("ApiGatewayV2::Route", "RouteKey")
    for key in ("ANY /v1/quarantine", "ANY /v1/quarantine/{proxy+}"):
        assert _function_of(production, routes[key]) == "review_quarantine"


def _function_of(production: Template, route: dict[str, Any]) -> str:
    integration = production.resources[route["Target"]["Fn::Join"][1][1]["Ref"]]["Properties"]
    function = production.resources[integration["IntegrationUri"]["Fn::GetAtt"][0]]["Properties"]
    return str(function["FunctionName"]).removeprefix("jogakbo-production-")


def test_access_logs_hold_neither_addresses_nor_paths(production: Template) -> None:
    for found in production.of_type("ApiGatewayV2::Stage").values():
        logged = json.loads(found["Properties"]["AccessLogSettings"]["Format"])
        assert not {"$context.identity.sourceIp", "$context.path"} & set(logged.values())
        assert found["Properties"]["DefaultRouteSettings"] == {
            "ThrottlingBurstLimit": 2000,
            "ThrottlingRateLimit": 1000,
        }
