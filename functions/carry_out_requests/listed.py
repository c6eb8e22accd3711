"""Lists of destinations and their files in the bucket: who is erased is taken off, and out of what added them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import takewhile

from functions.carry_out_requests.working import Work
from shared.aws.objects import find_object, list_objects, put_if
from shared.destinations.bulk_lines import without_lines
from shared.destinations.fields import hashed
from shared.destinations.s3_list.mapping import PREFIX, REMOVED, without
from shared.domain.destinations import HASHES, Destination
from shared.domain.times import to_text
from shared.stores.lifecycles import KEPT_DAYS, OUTBOUND
from shared.stores.list_store import FOR_GOOD


@dataclass(frozen=True, slots=True)
class OnLists:
    """The next file takes them off where the recipient has them; of a destination that is gone nothing stays."""

    def found(self, work: Work) -> int:
        lists, ids = work.doors.lists, sorted(work.person.profile_ids)
        return sum(len(lists.found(list_id, ids)) for list_id in lists.lists())

    def erase(self, work: Work, after: str = "") -> Iterator[str]:
        lists, ids = work.doors.lists, sorted(work.person.profile_ids)
        there = {one.id for one in work.doors.catalogue.list(Destination)}
        for list_id in lists.lists():
            for profile_id in ids:
                if list_id in there:
                    lists.take_off(list_id, profile_id, FOR_GOOD)
                else:
                    lists.forget(list_id, profile_id)
            yield ""


@dataclass(frozen=True, slots=True)
class InFiles:
    """Lines of files that said they are on a list, or came into a segment or left it with many others. Those that take
    people off a list stay: the recipient has to read them.
    """

    def found(self, work: Work) -> int:
        parts = sum(lines for _, lines in _parts_rewritten(work, is_written=False))
        return parts + sum(lines for _, lines in _rewritten(work, "", is_written=False))

    def erase(self, work: Work, after: str = "") -> Iterator[str]:
        for _ in () if after else _parts_rewritten(work, is_written=True):
            yield ""
        for key, _ in _rewritten(work, after, is_written=True):
            yield key


def _parts_rewritten(work: Work, *, is_written: bool) -> Iterator[tuple[str, int]]:
    """Each file of a change in bulk that the audit log says they are in, and how many lines of it were theirs."""
    since = to_text(datetime.now(UTC) - timedelta(days=KEPT_DAYS[OUTBOUND] + 1))
    lines: dict[str, set[str]] = {}
    for entry in takewhile(lambda one: one.at >= since, work.doors.audit.newest(work.person.profile_ids)):
        if entry.place.startswith(PREFIX):
            lines.setdefault(entry.place, set()).add(entry.id.partition("#")[2])
    for key, ids in sorted(lines.items()):
        found = find_object(work.doors.bucket, key)
        body, number = without_lines(found.body, ids) if found else (b"", 0)
        if found and number and is_written:
            put_if(work.doors.bucket, key, body, found.etag)
        yield key, number


def _rewritten(work: Work, after: str, *, is_written: bool) -> Iterator[tuple[str, int]]:
    """Each file and how many lines of it were theirs."""
    values = frozenset(hashed(one.value, how) for one in work.person.identifiers for how in HASHES)
    for listed in list_objects(work.doors.bucket, PREFIX, after):
        if not listed.key.endswith(".csv") or listed.key.endswith(REMOVED):
            continue
        found = find_object(work.doors.bucket, listed.key)
        body, lines = without(found.body, values) if found else (b"", 0)
        if found and lines and is_written:
            put_if(work.doors.bucket, listed.key, body, found.etag)
        yield listed.key, lines
