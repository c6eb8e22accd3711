"""The Read API's OpenAPI description, generated from its routes."""

import json

from aws_lambda_powertools.event_handler.openapi.models import HTTPBearer

from functions.read_profiles.api import app

_NOT_OURS = "422"  # Powertools adds its own reply to bad parameters; ours is a 400
_ITS_SCHEMAS = ("HTTPValidationError", "ResponseValidationError", "ValidationError")


def openapi() -> str:
    """JSON text, keys sorted."""
    text = app.get_openapi_json_schema(
        title="Jogakbo Read API",
        version="1",
        description="Who a person is and what they did. Errors are problem+json with `code` and `message`.",
        security_schemes={"token": HTTPBearer(description="An API token; `jogakbo token add` makes one")},
        security=[{"token": []}],
    )
    description = json.loads(text)
    for path in description["paths"].values():
        for operation in path.values():
            operation["responses"].pop(_NOT_OURS, None)
    for name in _ITS_SCHEMAS:
        description["components"]["schemas"].pop(name, None)
    return json.dumps(description, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
