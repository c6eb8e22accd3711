"""The People API whole. docs/openapi/people.json is generated from its routes, and the gateway's routes from that."""

from functions.manage_people import consent_routes, contact_routes, freeze_routes, job_routes, link_routes, split_routes
from functions.manage_people.routing import app

__all__ = [
    "DESCRIPTION",
    "TITLE",
    "app",
    "consent_routes",
    "contact_routes",
    "freeze_routes",
    "job_routes",
    "link_routes",
    "split_routes",
]

TITLE = "Jogakbo People API"
DESCRIPTION = (
    "Operations on people: contacts, decisions of consent, freezing, splitting, merging, undoing, and jobs over many."
)
