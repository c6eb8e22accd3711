"""What a list says of a person: rows of hashed identifiers while they are in its segment, as CSV."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest
from typing import Any

from shared.contracts.bus import Detail, SegmentChangedInBulk, SegmentEntered, SegmentExited, about
from shared.destinations.contract import Parcel
from shared.destinations.fields import hashed
from shared.domain.destination_rules import HASHED
from shared.domain.destinations import Destination, PayloadField
from shared.domain.lists import Row

PREFIX = "outbound/"
REMOVED = "-remove.csv"


def wants(destination: Destination, fact: Detail) -> bool:
    """Of segments that of the list alone; whatever else it lists may change who is on it."""
    if isinstance(fact, SegmentEntered | SegmentExited | SegmentChangedInBulk):
        return destination.s3_list is not None and fact.data.segment == destination.s3_list.segment
    return True


def columns_of(destination: Destination) -> tuple[PayloadField, ...]:
    """Those that are declared; else one for each identifier by its name."""
    plain = (PayloadField(n, f"identifiers.{n}", "sha256" if n in HASHED else "") for n in destination.identifiers)
    return destination.fields or tuple(plain)


def rows_of(parcel: Parcel) -> tuple[Row, ...]:
    """Nothing for who is to be off the list. Of several values each has a row, beside the next of the others."""
    destination, held = parcel.destination, parcel.fields.get("identifiers", {})
    segments = parcel.profile.segments if parcel.profile else ()
    is_in = destination.s3_list is not None and destination.s3_list.segment in segments
    if not (is_in or parcel.is_test) or parcel.permitted.ids_alone:
        return ()
    columns = [_values(column, held) for column in columns_of(destination)]
    return tuple({column: value for column, value in row if value} for row in zip_longest(*columns, fillvalue=("", "")))


def whose(parcel: Parcel) -> str:
    """The person's id as they are now."""
    return parcel.profile.id if parcel.profile else about(parcel.fact)


def others_of(parcel: Parcel) -> list[str]:
    """Ids that stood for the person and are on no list by themselves any more."""
    said: dict[str, Any] = parcel.fact.data.model_dump()
    ids = [said["profile_id"], said.get("merged_profile_id", ""), *said.get("merged_profile_ids", ())]
    return [one for one in dict.fromkeys(ids) if one and one != whose(parcel)]


def csv_of(columns: Sequence[str], rows: Iterable[Row]) -> bytes:
    file = io.StringIO()
    writer = csv.DictWriter(file, columns, restval="", extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue().encode()


def without(body: bytes, values: frozenset[str]) -> tuple[bytes, int]:
    """A file without the lines that hold one of these values, and how many they were."""
    lines = [*csv.reader(io.StringIO(body.decode()))]
    kept = [line for line in lines if values.isdisjoint(line)]
    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerows(kept)
    return file.getvalue().encode(), len(lines) - len(kept)


def _values(column: PayloadField, held: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    found = held.get(column.source.partition(".")[2], ())
    return [(column.name, hashed(value, column.hash)) for value in found]
