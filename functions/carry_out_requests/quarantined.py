"""Refused events of somebody, found by looking into all that quarantine keeps: thirty days at most."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

import zstandard

from functions.carry_out_requests.working import Work
from shared.aws.dynamo import Item, Segment, delete_items, scan_page
from shared.aws.objects import delete_objects, find_object
from shared.domain.suppression import without

_READ = ("body", "body_object")


@dataclass(frozen=True, slots=True)
class Quarantined:
    def found(self, work: Work) -> int:
        return sum(len(hits) for hits in self._pages(work))

    def erase(self, work: Work) -> Iterator[None]:
        for hits in self._pages(work):
            delete_objects(work.doors.bucket, [item["body_object"] for item in hits if "body_object" in item])
            delete_items(work.doors.quarantine_table, [(item["pk"], item["sk"]) for item in hits])
            yield

    def _pages(self, work: Work) -> Iterator[list[Item]]:
        segment: Segment | None = Segment()
        while segment:
            items, after, _ = scan_page(work.doors.quarantine_table, segment, _READ)
            yield [item for item in items if self._names(work, item)]
            segment = Segment(after=after) if after else None

    def _names(self, work: Work, item: Item) -> bool:
        packed = item.get("body")
        if packed is None:
            found = find_object(work.doors.bucket, item["body_object"])
            packed = found.body if found else None
        if packed is None:
            return False
        return _says(work, zstandard.ZstdDecompressor().decompress(packed))


def _says(work: Work, body: bytes) -> bool:
    """By the values as JSON has them; what isn't JSON is searched as text."""
    text = body.decode(errors="replace")
    try:
        element = json.loads(text)
    except ValueError:
        return any(one.value.lower() in text.lower() for one in work.person.identifiers)
    return bool(without(element, work.person.identifiers, work.doors.rules.get().naming) != element)
