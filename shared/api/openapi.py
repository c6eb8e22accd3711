"""An HTTP API's OpenAPI description, generated from its routes."""

import json
from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.openapi.models import HTTPBearer

_NOT_OURS = "422"  # Powertools adds its own reply to bad parameters; ours is a 400
_ITS_SCHEMAS = ("HTTPValidationError", "ResponseValidationError", "ValidationError")


PROBLEMS = "Errors are problem+json with `code` and `message`."


def openapi(
    app: APIGatewayHttpResolver,
    title: str,
    description: str,
    errors: str = PROBLEMS,
    bodies: Mapping[str, Mapping[str, Any]] | None = None,
) -> str:
    """JSON text, keys sorted. `bodies` are schemas by path, for routes that read the bytes of what is POSTed."""
    text = app.get_openapi_json_schema(
        title=title,
        version="1",
        description=f"{description} {errors}",
        security_schemes={"token": HTTPBearer(description="An API token; `jogakbo token add` makes one")},
        security=[{"token": []}],
    )
    described = json.loads(text)
    for path in described["paths"].values():
        for operation in path.values():
            operation["responses"].pop(_NOT_OURS, None)
    for at, schema in (bodies or {}).items():
        described["components"]["schemas"] |= schema.get("$defs", {})
        own = {name: value for name, value in schema.items() if name != "$defs"}
        described["paths"][at]["post"]["requestBody"] = {
            "content": {"application/json": {"schema": own}},
            "required": True,
        }
    for name in _ITS_SCHEMAS:
        described["components"]["schemas"].pop(name, None)
    return json.dumps(described, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
