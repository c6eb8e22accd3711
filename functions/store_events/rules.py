"""What a source's events are held to: its mapping and its tracking plan, kept for a minute in a warm process."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.domain.mapping import Mapping
from shared.domain.purposes import NONE_DECLARED, Purposes
from shared.domain.sources import Source
from shared.domain.tracking_plans import TrackingPlan
from shared.domain.validation import Refusal
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.kept import Kept
from shared.stores.kept_purposes import KeptPurposes

if TYPE_CHECKING:
    from shared.domain.plan_checks import Checker


@dataclass(frozen=True, slots=True)
class Rules:
    """None where the source has none."""

    mapping: Mapping | None = None
    checker: "Checker | None" = None
    purposes: Purposes = NONE_DECLARED


class SourceRules:
    """A refusal where a mapping or plan that a source names isn't there or can't be used.

    Its events then wait in quarantine: stored without their rules they could not be taken back.
    """

    def __init__(self, catalogue: CatalogueStore) -> None:
        self._catalogue = catalogue
        self._mappings: Kept[str, Mapping] = Kept(lambda mapping_id: catalogue.find(Mapping, mapping_id))
        self._checkers: Kept[str, Checker | Refusal] = Kept(self._load_checker)
        self._purposes = KeptPurposes(catalogue)
        self._compiled: dict[str, Checker] = {}

    def of(self, source: Source) -> Rules | Refusal:
        mapping = self._mappings.get(source.mapping) if source.mapping else None
        if source.mapping and mapping is None:
            return Refusal("mapping_missing", None, f"Store the mapping {source.mapping}, or take it from the source.")
        checker = self._checkers.get(source.tracking_plan) if source.tracking_plan else None
        if source.tracking_plan and checker is None:
            fix = f"Store the tracking plan {source.tracking_plan}, or take it from the source."
            return Refusal("tracking_plan_missing", None, fix)
        return checker if isinstance(checker, Refusal) else Rules(mapping, checker, self._purposes())

    def _load_checker(self, plan_id: str) -> "Checker | Refusal | None":
        """The plan, compiled again only where it changed: one that was deleted and made anew has version 1 again."""
        from shared.domain.plan_checks import Checker  # brings the validator: only sources with a plan need it

        plan = self._catalogue.find(TrackingPlan, plan_id)
        kept = self._compiled.get(plan_id)
        if plan is None or (kept and kept.plan == plan):
            return kept if plan else None
        try:
            self._compiled[plan_id] = Checker(plan)
        except ValueError:
            return Refusal("tracking_plan_broken", None, f"Mend the schemas of the tracking plan {plan_id}.")
        return self._compiled[plan_id]
