"""A source's health: its counts of the last days, read with one query."""

from datetime import datetime

from shared.contracts.catalogue import EndingsView, HealthView, HourView, NoteView
from shared.domain.catalogue import STANDARD_DAYS, RetentionClass, Source
from shared.domain.health import Health, first_hour, health, hour_of
from shared.domain.outcomes import Tally
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.count_store import CountStore
from shared.stores.lifecycles import KEPT_DAYS, OF_SOURCES


def health_of(source: Source, catalogue: CatalogueStore, counts: CountStore, now: datetime) -> HealthView:
    hours: dict[str, Tally] = {}
    for hour, _, counted in counts.of_source(source.id, first_hour(now), hour_of(now)):
        hours[hour] = hours.get(hour, Tally()) + counted.totals
    held = catalogue.find(RetentionClass, source.retention_class)
    return _view(source, held.days if held else STANDARD_DAYS, health(hours, now))


def _view(source: Source, days: int, found: Health) -> HealthView:
    endings = {name: getattr(found.day, name) for name in EndingsView.model_fields if hasattr(found.day, name)}
    return HealthView(
        source_id=source.id,
        owner=source.owner,
        retention_class=source.retention_class,
        retention_days=days,
        kept_days={"events": days, **{prefix: KEPT_DAYS[prefix] for prefix in OF_SOURCES}},
        last_seen=found.last_seen,
        day=EndingsView(**endings, unexplained=found.unexplained),
        present=HourView.model_validate(found.present),
        last_full=HourView.model_validate(found.last_full),
        volume=found.volume,
        adds_up=not found.unexplained,
        top={about: [NoteView(what=what, count=count) for what, count in notes] for about, notes in found.top.items()},
    )
