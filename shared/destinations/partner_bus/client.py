"""Puts one fact on a partner's bus, under a session that may put on this bus alone."""

import json
from functools import partial

from shared.aws.bus import BusEntry
from shared.aws.partner_buses import put_entry
from shared.aws.secrets import secret_text
from shared.contracts.bus import SOURCE
from shared.destinations.contract import Answer, Around, Parcel, Send
from shared.destinations.partner_bus.mapping import detail_of
from shared.domain.partners import own_id

MOST_BYTES = 256 * 1024
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
