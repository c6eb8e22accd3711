"""The Read API whole. docs/openapi/read.json is generated from its routes."""

from functions.read_profiles import (
    audit_routes,
    consent_routes,
    event_routes,
    group_routes,
    identity_routes,
    lineage_routes,
    member_routes,
    profile_routes,
    segment_routes,
    trial_routes,
)
from functions.read_profiles.routing import app

__all__ = [
    "DESCRIPTION",
    "TITLE",
    "app",
    "audit_routes",
    "consent_routes",
    "event_routes",
    "group_routes",
    "identity_routes",
    "lineage_routes",
    "member_routes",
    "profile_routes",
    "segment_routes",
    "trial_routes",
]

TITLE = "Jogakbo Read API"
DESCRIPTION = "Who a person is, what they did, and what groups they belong to."
