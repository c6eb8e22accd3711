"""Puts one fact on a partner's bus, under a session that may put on this bus alone."""

import json
from functools import partial

from shared.aws.bus import BusEntry
from shared.aws.partner_buses import put_entry
from shared.aws.secrets import secret_text
from shared.contracts.bus import SOURCE
from shared.destinations.contract import Answer, Around, Line, Parcel, Send
from shared.destinations.partner_bus.mapping import detail_of
from shared.domain.partners import own_id, pseudonym

MOST_BYTES = 256 * 1024
_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "NotAuthorizedForDetailTypeException"})
_MISSING = frozenset({"ResourceNotFoundException", "ResourceNotFound"})


def ready(parcel: Parcel, around: Around) -> Send | Answer:
    settings = parcel.destination.partner_bus
    if settings is None:
        return Answer("refused", "partner_bus_missing")
    if not around.partners_role:
        return Answer("retry", "no_partner_bus_declared")
    if refused := _refused(parcel, settings.known_by):
        return refused
    entry = BusEntry(SOURCE, parcel.detail_type, detail_of(parcel, _key(parcel), settings.known_by))
    if entry.size > MOST_BYTES:
        return Answer("refused", "too_large")
    return partial(send, around.partners_role, settings.bus, entry)


def line(parcel: Parcel) -> Line | Answer:
    """The detail with its type and id, as one line."""
    known_by = parcel.destination.partner_bus.known_by if parcel.destination.partner_bus else ""
    if refused := _refused(parcel, known_by):
        return refused
    key = _key(parcel)
    fact_id = pseudonym(key, parcel.id)
    detail = json.loads(detail_of(parcel, key, known_by))
    text = {"id": fact_id, "detail-type": parcel.detail_type, "detail": detail}
    return Line(fact_id, json.dumps(text, ensure_ascii=False, separators=(",", ":")))


def _refused(parcel: Parcel, known_by: str) -> Answer | None:
    is_unknown = known_by and parcel.profile and own_id(parcel.profile, known_by) is None
    return Answer("refused", f"not_known_by:{known_by}") if is_unknown else None


def _key(parcel: Parcel) -> bytes:
    [key] = json.loads(secret_text(parcel.destination.secret_name))
    return bytes(key.encode())


def send(role: str, bus: str, entry: BusEntry) -> Answer:
    failure = put_entry(role, bus, entry)
    if not failure:
        return Answer("delivered")
    if failure in _DENIED:
        return Answer("retry", "not_granted")
    return Answer("retry", "not_there" if failure in _MISSING else "service")
