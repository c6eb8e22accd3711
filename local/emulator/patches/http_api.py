"""HTTP APIs: CORS as CloudFormation declares it, and request bodies as API Gateway hands them to Lambda."""

from contextvars import ContextVar
from typing import Any

from ministack.services import apigateway

from local.emulator.patches.handlers import HANDLERS, Properties, change

_body_is_binary: ContextVar[bool] = ContextVar("body_is_binary", default=False)


def answer_cors_from_cloudformation() -> None:
    """Gap: CloudFormation's `AllowOrigins` is stored as it is, the data plane reads `allowOrigins`: 403 for every
    preflight."""
    api = HANDLERS["AWS::ApiGatewayV2::Api"]
    create, update = api["create"], api["update"]

    def create_with_cors(logical_id: str, properties: Properties, stack: str) -> Any:
        return create(logical_id, _camel_case_cors(properties), stack)

    def update_with_cors(physical_id: str, old: Properties, new: Properties, *rest: Any) -> Any:
        return update(physical_id, old, _camel_case_cors(new), *rest)

    change("AWS::ApiGatewayV2::Api", create=create_with_cors, update=update_with_cors)


def _camel_case_cors(properties: Properties) -> Properties:
    cors = properties.get("CorsConfiguration")
    if not cors:
        return properties
    return {**properties, "CorsConfiguration": {key[0].lower() + key[1:]: value for key, value in cors.items()}}


def hand_on_binary_bodies_intact() -> None:
    """Gap: a body under `application/json` or `text/*` is decoded as UTF-8 with replacement, which spoils gzip.
    API Gateway hands what isn't text on in base64."""
    invoke, is_text_type = apigateway._invoke_lambda_proxy, apigateway._v2_request_body_is_text

    async def invoke_knowing_the_body(*args: Any, **kwargs: Any) -> Any:
        body = args[6] if len(args) > 6 else kwargs["body"]
        token = _body_is_binary.set(not _is_utf8(body))
        try:
            return await invoke(*args, **kwargs)
        finally:
            _body_is_binary.reset(token)

    def is_text(content_type: str | None) -> bool:
        return bool(is_text_type(content_type)) and not _body_is_binary.get()

    apigateway._invoke_lambda_proxy = invoke_knowing_the_body
    apigateway._v2_request_body_is_text = is_text


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True
