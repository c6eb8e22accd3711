"""What reevaluate_people needs from its environment, and the doors it goes through: made once, on first use."""

import os
from dataclasses import dataclass
from functools import cache

from shared.stores.catalogue_store import CatalogueStore
from shared.stores.due_marks import DueMarks
from shared.stores.kept_declarations import KeptDeclarations
from shared.stores.kept_purposes import KeptPurposes
from shared.stores.profile_store import ProfileStore
from shared.stores.sweep_progress import SweepProgress


@dataclass(frozen=True, slots=True)
class Doors:
    marks: DueMarks
    progress: SweepProgress
    profiles: ProfileStore
    declared: KeptDeclarations
    queue_url: str
    stitch_retries_url: str


@cache
def doors() -> Doors:
    env = os.environ
    ledger, catalogue = env["LEDGER_TABLE"], CatalogueStore(env["CATALOGUE_TABLE"])
    declared = KeptDeclarations(catalogue)
    return Doors(
        marks=DueMarks(ledger),
        progress=SweepProgress(ledger),
        profiles=ProfileStore(env["PROFILES_TABLE"], ledger, KeptPurposes(catalogue), declared.segments),
        declared=declared,
        queue_url=env["REEVALUATIONS_QUEUE_URL"],
        stitch_retries_url=env["STITCH_RETRIES_QUEUE_URL"],
    )
