"""Keeps a list: notes who is to be on it, and writes what changed, or all of it, to files in the bucket."""

import json
from collections.abc import Sequence
from functools import partial
from itertools import islice

from shared.aws.objects import put_object
from shared.contracts.bus import ProfileErased, SegmentChangedInBulk
from shared.contracts.queues import Errand
from shared.destinations.contract import Answer, Around, Parcel, Send
from shared.destinations.s3_list.mapping import PREFIX, REMOVED, columns_of, csv_of, others_of, rows_of, whose
from shared.domain.destinations import Destination, ListSettings
from shared.domain.lists import Row, changes_of
from shared.domain.times import to_text

FLUSH, FULL = "flush", "full"
PEOPLE_A_PART = 50_000


def ready(parcel: Parcel, around: Around) -> Send | Answer:
    if isinstance(parcel.fact, SegmentChangedInBulk):
        return Answer("delivered")  # each of its people was noted
    rows = rows_of(parcel)
    return partial(_note, parcel, rows, around)


def flush(destination: Destination, errand: Errand, around: Around) -> Errand | None:
    """Write what changed since the last time; again at once where there is more than a file takes, or where another
    file that was written meanwhile knew better.
    """
    most = _settings(destination).most_facts
    around.lists.begin(destination.id)
    people = around.lists.pending(destination.id, most)
    changes = changes_of(people)
    folder = f"incremental/{_stamp(around)}"
    _write(destination, f"{folder}-add.csv", changes.added, around)
    _write(destination, f"{folder}{REMOVED}", changes.removed, around)
    is_lost = around.lists.told(destination.id, people, around.now)
    return errand if is_lost or len(people) == most else None


def full(destination: Destination, errand: Errand, around: Around) -> Errand | None:
    """Write everybody who is on it, a part at a time, and at last how many parts there are."""
    name = errand.name or _stamp(around)
    people = [*islice(around.lists.members(destination.id, errand.after), PEOPLE_A_PART)]
    rows = [row for one in people for row in one.rows]
    _write(destination, f"full/{name}-{errand.part:04d}.csv", rows, around)
    if len(people) == PEOPLE_A_PART:
        return errand.model_copy(update={"after": people[-1].profile_id, "part": errand.part + 1, "name": name})
    done = json.dumps({"parts": errand.part + bool(rows)}).encode()
    put_object(around.bucket, f"{PREFIX}{destination.id}/full/{name}.json", done)
    return None


def _note(parcel: Parcel, rows: tuple[Row, ...], around: Around) -> Answer:
    destination = parcel.destination
    if parcel.is_test:
        _write(destination, f"test/{parcel.id}.csv", rows, around)
        return Answer("delivered")
    settings = _settings(destination)
    version = max(parcel.profile.version if parcel.profile else 0, parcel.fact.metadata.sequence)
    noted = [around.lists.take_off(destination.id, one, version) for one in others_of(parcel)]
    if rows:
        noted.append(around.lists.put(destination.id, whose(parcel), rows, version))
    else:
        noted.append(around.lists.take_off(destination.id, whose(parcel), version))
    if any(noted) or isinstance(parcel.fact, ProfileErased):  # an erasure took them off already
        seconds = around.lists.wait(destination.id, settings, around.now)
        if seconds is not None:
            around.send(Errand(errand=FLUSH, destination_id=destination.id), seconds)
    return Answer("delivered")


def _write(destination: Destination, name: str, rows: Sequence[Row], around: Around) -> None:
    if rows:
        columns = [column.name for column in columns_of(destination)]
        put_object(around.bucket, f"{PREFIX}{destination.id}/{name}", csv_of(columns, rows))


def _settings(destination: Destination) -> ListSettings:
    return destination.s3_list or ListSettings("")


def _stamp(around: Around) -> str:
    return to_text(around.now).replace(":", "-")
