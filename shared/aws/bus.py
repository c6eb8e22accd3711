"""EventBridge: entries put in batches. A reply of 200 says nothing of each entry, so failed ones are driven again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.aws.batching import StillFailingError, chunks, drive
from shared.aws.clients import events
from shared.aws.observability import logger

if TYPE_CHECKING:
    from types_boto3_events.type_defs import PutEventsRequestEntryTypeDef

_MOST = 10
_MOST_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class BusEntry:
    """`detail` is JSON text."""

    source: str
    detail_type: str
    detail: str

    @property
    def size(self) -> int:
        """Bytes by EventBridge's own count."""
        return sum(len(text.encode()) for text in (self.source, self.detail_type, self.detail))


def put_entries(bus: str, entries: Sequence[BusEntry]) -> list[BusEntry]:
    """Put every entry; the result is those that failed in every try, or are over 256 KB, for the caller to fail."""
    failed = [entry for entry in entries if entry.size > _MOST_BYTES]
    fitting = (entry for entry in entries if entry.size <= _MOST_BYTES)
    for chunk in chunks(fitting, _MOST, size=lambda entry: entry.size, bytes_most=_MOST_BYTES):
        failed += _drive(bus, chunk)
    return failed


def _drive(bus: str, entries: Sequence[BusEntry]) -> list[BusEntry]:
    """Those of one call's entries that failed in every try."""
    failing: list[BusEntry] = []

    def attempt(left: Sequence[BusEntry]) -> tuple[list[BusEntry], list[str]]:
        nonlocal failing
        failing, reasons = _put(bus, left)
        return failing, reasons

    try:
        drive("put_events", entries, attempt)
    except StillFailingError as error:
        logger().error("Facts could not be put", extra={"reason": str(error)})
    return failing


def _put(bus: str, entries: Sequence[BusEntry]) -> tuple[list[BusEntry], list[str]]:
    request: list[PutEventsRequestEntryTypeDef] = [
        {"EventBusName": bus, "Source": entry.source, "DetailType": entry.detail_type, "Detail": entry.detail}
        for entry in entries
    ]
    answers = events().put_events(Entries=request)["Entries"]
    failed = [(entry, answer) for entry, answer in zip(entries, answers, strict=True) if "ErrorCode" in answer]
    return [entry for entry, _ in failed], [answer["ErrorCode"] for _, answer in failed]
