"""A source's health: its counts of the last days, and what the reconciliation of the last day's hours found."""

from collections.abc import Sequence
from datetime import datetime

from shared.contracts.catalogue import EndingsView, HealthView, HourView, NoteView
from shared.domain.health import Health, first_hour, health, hour_of
from shared.domain.outcomes import NUMBERS, Tally
from shared.domain.reconciliation import Reconciliation
from shared.domain.sources import STANDARD_DAYS, RetentionClass, Source
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.count_store import CountStore
from shared.stores.lifecycles import KEPT_DAYS, OF_SOURCES
from shared.stores.reconciled_store import ReconciledStore


def health_of(source: Source, catalogue: CatalogueStore, ledger: str, now: datetime) -> HealthView:
    """`ledger` is the deployed name of the ledger."""
    hours: dict[str, Tally] = {}
    for hour, _, counted in CountStore(ledger).of_source(source.id, first_hour(now), hour_of(now)):
        hours[hour] = hours.get(hour, Tally()) + counted.totals
    checked = [one.found for one in ReconciledStore(ledger).of_source(source.id, hour_of(now, 23), hour_of(now))]
    held = catalogue.find(RetentionClass, source.retention_class)
    return _view(source, held.days if held else STANDARD_DAYS, health(hours, now), checked)


def _view(source: Source, days: int, found: Health, checked: Sequence[Reconciliation]) -> HealthView:
    endings = {name: getattr(found.day, name) for name in NUMBERS}
    gap, unfolded = sum(one.gap for one in checked), sum(one.unfolded for one in checked)
    return HealthView(
        source_id=source.id,
        owner=source.owner,
        retention_class=source.retention_class,
        retention_days=days,
        kept_days={"events": days, **{prefix: KEPT_DAYS[prefix] for prefix in OF_SOURCES}},
        last_seen=found.last_seen,
        day=EndingsView(**endings, unexplained=found.unexplained, reconciled_gap=gap, unfolded=unfolded),
        present=HourView.model_validate(found.present),
        last_full=HourView.model_validate(found.last_full),
        volume=found.volume,
        adds_up=not found.unexplained and not gap,
        top={about: [NoteView(what=what, count=count) for what, count in notes] for about, notes in found.top.items()},
    )
