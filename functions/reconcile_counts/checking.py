"""Reads how each event of an hour ended, and checks that what was stored is there, and folded into whom it belongs to.

No table is scanned: the outcomes name the events, the events' anchors their owners, and an owner knows what it folded.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from functions.reconcile_counts.giving_up import HOUR
from functions.reconcile_counts.settings import Doors
from shared.domain.events import Event
from shared.domain.outcomes import ENDINGS, STORED
from shared.domain.profiles import has_folded, is_forgotten
from shared.domain.reconciliation import Found
from shared.domain.remembered import bucket_of
from shared.domain.suppression import screened
from shared.stores.event_store import to_event

Line = Mapping[str, Any]


@dataclass(slots=True)
class HourRead:
    """What the outcomes say of an hour of receipt, by source; each event once, however often it was written down."""

    hour: str
    found: dict[str, Found] = field(default_factory=lambda: defaultdict(Found))
    _seen: set[int] = field(default_factory=set)

    def fresh(self, lines: Iterator[Line]) -> Iterator[Line]:
        """Those of the hour that ended, and were not read before."""
        for line in lines:
            mark = hash(line["origin"])
            if line["outcome"] in ENDINGS and line["received_at"][:HOUR] == self.hour and mark not in self._seen:
                self._seen.add(mark)
                yield line


def lines_of(texts: Iterable[str], hour: str) -> Iterator[Line]:
    """The lines of an object that may be of the hour; the others are not even parsed."""
    mark = f'"received_at":"{hour}'
    return (json.loads(text) for text in texts if mark in text)


def read_hour(
    doors: Doors, hour: str, stored_hours: Iterator[str], is_whole: Callable[[HourRead], bool], now: datetime
) -> HourRead:
    """Outcomes were written in the hour of receipt or later; the reading stops once `is_whole`."""
    read = HourRead(hour)
    for stored_hour in stored_hours:
        for texts in doors.outcomes.objects_of_hour(stored_hour):
            stored: list[Line] = []
            for line in read.fresh(lines_of(texts, hour)):
                read.found[line["source_id"]].ended(line["outcome"])
                if line["outcome"] in STORED:
                    stored.append(line)
            _check_stored(doors, read, stored, now)
        if is_whole(read):
            break
    return read


def _check_stored(doors: Doors, read: HourRead, stored: list[Line], now: datetime) -> None:
    there = doors.events.existing((line["pk"], line["sk"]) for line in stored)
    gone = {(line["pk"], line["sk"]) for line in stored if line["ttl"] > now.timestamp()} - there.keys()
    erased = _erased(doors, [to_event(line) for line in stored if (line["pk"], line["sk"]) in gone])
    named: list[Event] = []
    for line in stored:
        found, event = read.found[line["source_id"]], to_event(line)
        # A record that came again says another time than the first one, which stored it.
        event = replace(event, stored_at=there.get((event.pk, event.sk), event.stored_at))
        if event.key in erased:
            found.erased += 1
        elif (event.pk, event.sk) in gone:
            found.missing += 1
            found.name("missing", event.message_id)
        elif not event.identifiers:
            found.unnamed += 1
        elif is_forgotten(event, now):
            found.unchecked += 1
        else:
            named.append(event)
    _check_folded(doors, read, named)


def _erased(doors: Doors, missing: Sequence[Event]) -> set[str]:
    """Keys of those that are gone because who they are of was erased."""
    suppressions = doors.suppressions.look_up(i.identifier for event in missing for i in event.identifiers[:1])
    return {event.key for event in missing if screened(event, suppressions) is None}


def _check_folded(doors: Doors, read: HourRead, named: list[Event]) -> None:
    people = doors.profiles.people_of({event.identifiers[0].hash for event in named}, {bucket_of(e) for e in named})
    for event in named:
        found, owner = read.found[event.source_id], people.owner_of(event.identifiers[0].hash, event.time)
        if owner and has_folded(owner, event):
            found.folded += 1
        else:
            found.unfolded += 1
            found.name("unfolded", event.message_id)
