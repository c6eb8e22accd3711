"""OpenDSR whole. docs/openapi/opendsr.json is generated from its routes, and the gateway's routes from that."""

from collections.abc import Callable, Mapping
from typing import Any

from functions.manage_privacy import opendsr_routes
from functions.manage_privacy.opendsr_routing import JSON, PRIOR, PUBLIC, app, signed
from functions.manage_privacy.settings import signer
from shared.api.serving import serve
from shared.aws.observability import logger
from shared.contracts.opendsr import ErrorBody, RequestBody
from shared.domain.api_tokens import ApiToken
from shared.domain.opendsr import Fault

__all__ = ["DESCRIPTION", "ERRORS", "TITLE", "app", "bodies", "opendsr_routes"]

TITLE = "Jogakbo OpenDSR API"
DESCRIPTION = "OpenDSR 2.0: requests of people that other companies' systems hand on. Every answer is signed."
ERRORS = "Errors have the specification's form, and no value of what was sent."
_MISSING = Fault("", "not_set_up", "This processor doesn't take requests by OpenDSR.")


def bodies() -> dict[str, dict[str, Any]]:
    """Schemas of what is POSTed, by path: routes read the bytes themselves, since these are signed and given back."""
    schema = RequestBody.model_json_schema(ref_template="#/components/schemas/{model}")
    prior = {**schema, "required": [name for name in schema["required"] if name != "regulation"]}
    return {"/v1/requests": schema, f"/v1/{PRIOR}": prior}


def answer(event: Mapping[str, Any], context: Any, find_token: Callable[[str], ApiToken | None]) -> dict[str, Any]:
    """A reply, signed. Without a certificate there is none to give, and nothing is taken."""
    from shared.opendsr.signing import KeyUnusableError  # cryptography takes longer to import than a request

    try:
        known = signer()
    except KeyUnusableError as error:
        logger().warning("OpenDSR has no certificate", extra={"reason": str(error)})
        body = ErrorBody.of(404, [_MISSING]).model_dump_json()
        return {"statusCode": 404, "headers": {"Content-Type": JSON}, "body": body, "isBase64Encoded": False}
    return signed(serve(app, event, context, find_token, public=PUBLIC), known)
