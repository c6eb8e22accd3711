"""The Collect API's OpenAPI description, made of the very paths and limits that the collector goes by."""

import json
from http import HTTPStatus
from typing import Any

from shared.contracts import collect, pixel, sdk_settings
from shared.contracts.problems import CONTENT_TYPE, Problem

_REFUSED = (400, 401, 403, 413, 429, 503)
_DESCRIPTION = (
    "Events of SDKs, servers and webhooks. Every path is served with and without a slash at its end; content types"
    " don't matter, and a body may be gzip. Errors are problem+json with `code` and `message`."
)
_KEYS = {
    "basic": {"type": "http", "scheme": "basic", "description": "The write key as user name, with or without a colon"},
    "query": {"type": "apiKey", "in": "query", "name": "writeKey"},
    "header": {"type": "apiKey", "in": "header", "name": "X-Write-Key"},
}
_RETRY_AFTER = {
    "Retry-After": {"description": "Whole seconds", "required": True, "schema": {"type": "integer", "minimum": 1}}
}
_OBJECT = {"type": "object", "additionalProperties": True}
_ID = {"type": ["string", "number", "null"]}
_EVENT = {
    "description": "Judged after the reply: a bad event is quarantined and never refuses its batch.",
    "properties": {
        "type": {"enum": list(dict.fromkeys(collect.SINGLE.values()))},
        "messageId": {**_ID, "description": "The same on every try; at most 100 characters"},
        "event": {"type": "string", "description": "The name, for track"},
        **dict.fromkeys(("userId", "anonymousId", "groupId", "previousId"), _ID),
        **{name: {"type": "string", "format": "date-time"} for name in ("timestamp", "originalTimestamp", "sentAt")},
        **dict.fromkeys(("context", "integrations", "properties", "traits"), _OBJECT),
    },
    **_OBJECT,
}
_BATCH = {
    "type": "object",
    "required": ["batch"],
    "properties": {
        "batch": {"type": "array", "maxItems": collect.MAX_EVENTS, "items": {"$ref": "#/components/schemas/Event"}},
        "writeKey": {"type": "string"},
        "sentAt": {"type": "string", "format": "date-time"},
        "timestamp": {"type": "string", "format": "date-time", "description": "For events that have no time"},
        "context": {**_OBJECT, "description": "Merged into each event, whose own keys win"},
        "integrations": {**_OBJECT, "description": "Merged into each event, whose own keys win"},
    },
}
_SCHEMAS = {
    "Event": _EVENT,
    "Batch": _BATCH,
    "Webhook": {"type": ["object", "array"], "description": "One element, or a list of them"},
    "Settings": _OBJECT,
    "Metrics": {},
    "Success": {"type": "object", "required": ["success"], "properties": {"success": {"const": True}}},
}


def openapi() -> str:
    """JSON text, keys sorted."""
    description = {
        "openapi": "3.1.0",
        "info": {"title": "Jogakbo Collect API", "version": "1", "description": _DESCRIPTION},
        "paths": _paths(),
        "components": {
            "schemas": {**_SCHEMAS, "Problem": Problem.model_json_schema(mode="serialization")},
            "responses": {str(status): _refusal(status) for status in (*_REFUSED, 404)},
            "securitySchemes": _KEYS,
        },
        "security": [*({name: []} for name in _KEYS), {}],  # {}: the key may also stand in the body
    }
    return json.dumps(description, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _paths() -> dict[str, Any]:
    settings, source_config = _parameter("path", "writeKey"), _parameter("query", "writeKey", required=False)
    return {
        **{path: _post(f"One event of type {kind}", "Event", *_REFUSED) for path, kind in collect.SINGLE.items()},
        **{path: _post("Many events", "Batch", *_REFUSED) for path in collect.BATCH},
        **{path: _pixel(kind) for path, kind in pixel.TYPES.items()},
        collect.METRICS_PATH: _post("An SDK's metrics of itself: taken and let go", "Metrics"),
        "/v1/projects/{writeKey}/settings": _get("What Segment's SDKs ask first", settings, 401, 503),
        sdk_settings.RUDDER_PATH: _get("What RudderStack's browser SDK asks first", source_config, 400, 401, 503),
        "/v1/webhooks/{source}": {
            **_post("A webhook, signed as its source says", "Webhook", 400, 401, 404, 413, 429, 503, security=[]),
            "parameters": [_parameter("path", "source")],
        },
    }


def _post(summary: str, schema: str, *refused: int, **more: Any) -> dict[str, Any]:
    content = {"application/json": {"schema": _ref(schema)}}
    replies = _replies(_json("Durably kept", "Success"), *refused)
    return {"post": {"summary": summary, "requestBody": {"content": content}, "responses": replies, **more}}


def _get(summary: str, parameter: dict[str, Any], *refused: int) -> dict[str, Any]:
    replies = _replies(_json("Caches may keep it for an hour", "Settings"), *refused)
    return {"get": {"summary": summary, "parameters": [parameter], "responses": replies, "security": []}}


def _pixel(kind: str) -> dict[str, Any]:
    data = _parameter(
        "query", "data", required=False, description="The event's JSON in base64, or its names each alone"
    )
    replies = {"200": {"description": "A dot, whatever happened", "content": {"image/gif": {}}}}
    return {"get": {"summary": f"An image that is a {kind}", "parameters": [data], "responses": replies}}


def _parameter(place: str, name: str, *, required: bool = True, **more: str) -> dict[str, Any]:
    return {"in": place, "name": name, "required": required, "schema": {"type": "string"}, **more}


def _replies(success: dict[str, Any], *refused: int) -> dict[str, Any]:
    return {"200": success, **{str(status): {"$ref": f"#/components/responses/{status}"} for status in refused}}


def _refusal(status: int) -> dict[str, Any]:
    content = {CONTENT_TYPE: {"schema": _ref("Problem")}}
    headers = {"headers": _RETRY_AFTER} if status in (429, 503) else {}
    return {"description": HTTPStatus(status).phrase, "content": content, **headers}


def _json(description: str, schema: str) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": _ref(schema)}}}


def _ref(schema: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{schema}"}
