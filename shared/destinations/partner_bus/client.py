"""Puts one fact on a partner's bus, under a session that may put on this bus alone."""

import json
from functools import partial

from shared.aws.bus import BusEntry
from shared.aws.observability import logger
from shared.aws.partner_buses import put_entry
from shared.aws.secrets import secret_text
from shared.contracts.bus import DETAILS, SOURCE
from shared.contracts.queues import Errand
from shared.contracts.samples import sample_of
from shared.destinations.contract import Answer, Around, Parcel, Send
from shared.destinations.partner_bus.mapping import detail_of
from shared.domain.catalogue import Destination
from shared.domain.gate import IDS_ALONE
from shared.domain.partners import own_id
from shared.domain.times import to_text

MOST_BYTES = 256 * 1024
TEST = "test"
_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "NotAuthorizedForDetailTypeException"})
_MISSING = frozenset({"ResourceNotFoundException", "ResourceNotFound"})


def ready(parcel: Parcel, around: Around) -> Send | Answer:
    settings = parcel.destination.partner_bus
    if settings is None:
        return Answer("refused", "partner_bus_missing")
    if not around.partners_role:
        return Answer("retry", "no_partner_bus_declared")
    if settings.known_by and parcel.profile and own_id(parcel.profile, settings.known_by) is None:
        return Answer("refused", f"not_known_by:{settings.known_by}")
    [key] = json.loads(secret_text(parcel.destination.secret_name))
    entry = BusEntry(SOURCE, parcel.detail_type, detail_of(parcel, key.encode(), settings.known_by))
    if entry.size > MOST_BYTES:
        return Answer("refused", "too_large")
    return partial(send, around.partners_role, settings.bus, entry)


def send(role: str, bus: str, entry: BusEntry) -> Answer:
    failure = put_entry(role, bus, entry)
    if not failure:
        return Answer("delivered")
    if failure in _DENIED:
        return Answer("retry", "not_granted")
    return Answer("retry", "not_there" if failure in _MISSING else "service")


def test(destination: Destination, errand: Errand, around: Around) -> None:
    """A marked sample of each fact that the partner is told."""
    for detail_type in (one for one in DETAILS if one in destination.detail_types):
        fact = sample_of(detail_type, errand.name, to_text(around.now))
        parcel = Parcel(destination, fact.metadata.id, detail_type, fact, {}, IDS_ALONE, is_test=True)
        found = ready(parcel, around)
        answer = found if isinstance(found, Answer) else found()
        about = {"destination_id": destination.id, "detail_type": detail_type, "status": answer.status}
        logger().info("A test was put", extra={**about, "reason": answer.reason})
