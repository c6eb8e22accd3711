"""The Catalogue API whole: five routes for every kind, and those of write keys, secrets, health, tokens and trials.

docs/openapi/catalogue.json is generated from them, and the gateway's routes from that.
"""

from functions.manage_catalogue import destination_routes, item_routes, source_routes, token_routes, trial_routes
from functions.manage_catalogue.routing import app

__all__ = [
    "DESCRIPTION",
    "TITLE",
    "app",
    "destination_routes",
    "item_routes",
    "source_routes",
    "token_routes",
    "trial_routes",
]

TITLE = "Jogakbo Catalogue API"
DESCRIPTION = "What a company configures: sources with their write keys, plans, mappings, destinations."
