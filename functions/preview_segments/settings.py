"""What preview_segments needs from its environment, and the doors it goes through: made once, on first use."""

import os
from dataclasses import dataclass
from functools import cache

from shared.lake.files import LakeFiles
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.trial_store import TrialStore


@dataclass(frozen=True, slots=True)
class Doors:
    trials: TrialStore
    catalogue: CatalogueStore
    lake: LakeFiles
    previews_queue_url: str


@cache
def doors() -> Doors:
    env = os.environ
    return Doors(
        trials=TrialStore(env["LEDGER_TABLE"]),
        catalogue=CatalogueStore(env["CATALOGUE_TABLE"]),
        lake=LakeFiles(env["LOG_BUCKET"]),
        previews_queue_url=env["PREVIEWS_QUEUE_URL"],
    )
