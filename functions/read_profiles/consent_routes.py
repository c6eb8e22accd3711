"""The route of a person's consent records: what they decided, when, and what proves it."""

from functools import cache
from itertools import islice
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query

from functions.read_profiles.masks import mask_for
from functions.read_profiles.paging import cursor_of, position_of
from functions.read_profiles.routing import Cursor, Identifier, app, person, profiles
from functions.read_profiles.settings import settings
from functions.read_profiles.views import shown
from shared.api.auditing import tells
from shared.api.serving import allow, documented
from shared.contracts.consents import ConsentPageView, ConsentRecordView, RecordedDecisionView, RecordedPurposeView
from shared.domain.consent_records import ConsentRecord, Recorded, RecordKey
from shared.domain.identifiers import Identifier as Named
from shared.domain.masking import MASK, Mask
from shared.stores.consent_log import ConsentLog

Limit = Annotated[int, Query(ge=1, le=100, description="How many records at most")]


@cache
def consent_log() -> ConsentLog:
    return ConsentLog(settings().ledger_table)


@app.get(
    "/v1/profiles/<identifier>/consents",
    summary="A person's consent records, newest first",
    operation_id="list_consents",
    responses=documented("A page of consent records", 400, 401, 403, 404, 409, 503),
)
def list_consents(identifier: Identifier, limit: Limit = 20, cursor: Cursor = None) -> ConsentPageView:
    """Each is what one event decided that differs from what stood, or said explicitly. What it comes to today is the
    section `consent` of the profile.
    """
    token = allow(app, "profiles:read")
    found = person(identifier)
    tells(app, "consents")
    after = RecordKey(*position_of(cursor, 3)) if cursor else None
    anchors = found.state.consent.keys() & found.identifiers.keys()
    people = profiles().people_of(anchors)
    # A device's records may be others': who owned it when they decided says whose they are.
    theirs = (
        record
        for record in consent_log().newest(anchors, after, limit + 1)
        if (owner := people.owner_of(record.key.anchor, record.key.time)) and owner.id == found.id
    )
    page = [*islice(theirs, limit + 1)]
    mask = mask_for(token, ())
    return ConsentPageView(
        profile_id=found.id,
        records=[_view(record, found.identifiers[record.key.anchor], mask) for record in page[:limit]],
        next_cursor=cursor_of(page[limit - 1].key) if len(page) > limit else None,
    )


def _view(record: ConsentRecord, named: Named, mask: Mask | None) -> ConsentRecordView:
    return ConsentRecordView(
        id=record.key.id,
        time=record.key.time,
        recorded_at=record.recorded_at,
        namespace=named.namespace,
        value=shown(named.value, mask),
        source_id=record.source_id,
        message_id=record.key.message_id,
        channel=record.channel,
        country=record.country,
        decisions=[_decision(signal, recorded, mask) for signal, recorded in sorted(record.decisions.items())],
    )


def _decision(signal: str, recorded: Recorded, mask: Mask | None) -> RecordedDecisionView:
    said = recorded.said
    return RecordedDecisionView(
        signal=signal,
        state=said.state,
        event_state=recorded.state,
        purposes=[RecordedPurposeView(id=one, wording=wording) for one, wording in sorted(recorded.purposes.items())],
        explicit=said.is_explicit,
        method=said.method,
        wording=said.wording,
        language=said.language,
        evidence=MASK if mask and said.evidence else said.evidence,
        jurisdiction=said.jurisdiction,
        expires=said.expires,
    )
