"""The Privacy API whole. docs/openapi/privacy.json is generated from its routes, and the gateway's routes from that."""

from functions.manage_privacy import (
    delivery_routes,
    erasure_routes,
    export_routes,
    flow_routes,
    receipt_routes,
    request_routes,
    suppression_routes,
)
from functions.manage_privacy.routing import app

__all__ = [
    "DESCRIPTION",
    "TITLE",
    "app",
    "delivery_routes",
    "erasure_routes",
    "export_routes",
    "flow_routes",
    "receipt_routes",
    "request_routes",
    "suppression_routes",
]

TITLE = "Jogakbo Privacy API"
DESCRIPTION = (
    "Requests about people, links to exports of what is held of them, consent receipts, the register of data flows, "
    "and what became of deliveries."
)
