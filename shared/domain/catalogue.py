"""The kinds of items that a company configures, each in a file of its own."""

from typing import get_args

from shared.domain.companies import Company
from shared.domain.computed_attributes import ComputedAttribute
from shared.domain.destinations import Destination
from shared.domain.identity_rules import IdentityRules
from shared.domain.mapping import Mapping
from shared.domain.policy_packs import PolicyPack
from shared.domain.purposes import Purpose
from shared.domain.retention_duties import RetentionDuty
from shared.domain.segments.definition import Segment
from shared.domain.sources import RetentionClass, Source
from shared.domain.tracking_plans import TrackingPlan

Configured = (
    Source
    | RetentionClass
    | Mapping
    | TrackingPlan
    | Destination
    | IdentityRules
    | ComputedAttribute
    | Purpose
    | PolicyPack
    | RetentionDuty
    | Company
    | Segment
)
"""An item that configuration as code carries."""

KINDS: dict[str, type[Configured]] = {kind.KIND: kind for kind in get_args(Configured)}
"""Partition in the catalogue -> what its items are. A new kind joins by its class above."""
