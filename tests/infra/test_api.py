"""What API Gateway does before a function sees a request."""

import json

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
    routes = set(production.named("ApiGatewayV2::Route", "RouteKey"))
    assert routes == {"GET /", "POST /", "GET /{proxy+}", "POST /{proxy+}", "ANY /", "ANY /{proxy+}"}


def test_access_logs_hold_neither_addresses_nor_paths(production: Template) -> None:
    for found in production.of_type("ApiGatewayV2::Stage").values():
        logged = json.loads(found["Properties"]["AccessLogSettings"]["Format"])
        assert not {"$context.identity.sourceIp", "$context.path"} & set(logged.values())
        assert found["Properties"]["DefaultRouteSettings"] == {
            "ThrottlingBurstLimit": 2000,
            "ThrottlingRateLimit": 1000,
        }
