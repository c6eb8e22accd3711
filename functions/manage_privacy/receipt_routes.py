"""The route of a consent receipt: one consent record as it can be given to the person."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Path

from functions.manage_privacy.routing import Actor, app, described, reader
from functions.manage_privacy.settings import doors
from shared.api.auditing import about, tells
from shared.api.problems import ProblemError
from shared.contracts.consents import PartyView, PurposeReceiptView, ReceiptEventView, ReceiptView
from shared.contracts.problems import Problem
from shared.domain.companies import Company
from shared.domain.consent_receipts import ends_at, has_ended, purposes_of, recipients_of
from shared.domain.consent_records import ConsentRecord, Recorded, RecordKey
from shared.domain.destinations import Destination
from shared.domain.identifiers import Identifier
from shared.domain.masking import MASK, masked_text
from shared.domain.purposes import Purpose, Purposes
from shared.domain.purposes import purposes_of as declared_purposes
from shared.domain.times import to_text

RecordId = Annotated[str, Path(max_length=600, description="`id` of a consent record, or `evidence` of a fact")]


@app.get(
    "/v1/privacy/consents/<record_id>/receipt",
    **described("get_consent_receipt", "A consent receipt, to be given to the person", 404),
)
def get_consent_receipt(record_id: RecordId) -> ReceiptView:
    """By ISO/IEC TS 27560, as far as it is known."""
    actor = reader()
    record, named = _found(record_id)
    tells(app, "consents")
    declared = declared_purposes(doors().catalogue.list(Purpose))
    recipients = recipients_of(doors().catalogue.list(Destination))
    parties = [_party(company) for company in doors().catalogue.list(Company)]
    return ReceiptView(
        receipt_id=f"{record.key.id}.{to_text(actor.now)}",
        record_id=record.key.id,
        issued_at=to_text(actor.now),
        pii_principal_id=f"{named.namespace}:{named.value if actor.sees_values else masked_text(named.value)}",
        channel=record.channel,
        country=record.country,
        tc_string=record.tc_string,
        parties=parties,
        missing=[] if parties else ["parties"],
        purposes=[
            _purpose(purpose, wording, recipients.get(purpose.id, []))
            for purpose, wording in purposes_of(record, declared).values()
        ],
        events=[
            event
            for signal, recorded in sorted(record.decisions.items())
            for event in _events(record, signal, recorded, declared, actor)
        ],
    )


def _found(record_id: str) -> tuple[ConsentRecord, Identifier]:
    """The record, and the identifier that it was given on. The audit log will say whose it was told."""
    missing = ProblemError(Problem.of(404, "record_not_found", "No consent record has this id."))
    try:
        key = RecordKey.parse(record_id)
    except ValueError as error:
        raise missing from error
    record = doors().consents.find(key)
    people = doors().profiles.people_of([key.anchor]) if record else None
    owner = people.owner_of(key.anchor, key.time) if people else None
    if record is None or people is None or owner is None:
        raise missing
    about(app, owner.id)
    return record, people.ownerships[key.anchor].identifier.identifier


def _party(company: Company) -> PartyView:
    return PartyView(party_id=company.id, name=company.name, address=company.address, contact=company.contact)


def _purpose(purpose: Purpose, wording: str, recipients: list[str]) -> PurposeReceiptView:
    return PurposeReceiptView(
        purpose=purpose.id,
        name=dict(purpose.name),
        lawful_basis=purpose.basis,
        wording=wording,
        text=dict(purpose.text) if purpose.wording == wording else {},
        pii_information=[*purpose.traits],
        recipient_third_parties=recipients,
    )


def _events(
    record: ConsentRecord, signal: str, recorded: Recorded, declared: Purposes, actor: Actor
) -> list[ReceiptEventView]:
    """The decision, and its end where that has come."""
    said, ends = recorded.said, ends_at(record, recorded, declared)
    evidence = said.evidence if actor.sees_values or not said.evidence else MASK
    decided = ReceiptEventView(
        event_time=record.key.time,
        event_type="explicit" if said.is_explicit else "expressed",
        event_state=recorded.state,
        signal=signal,
        entity_id=record.source_id,
        language=said.language,
        collection_method=said.method,
        evidence=evidence,
        jurisdiction=said.jurisdiction,
        validity_until=ends,
    )
    return [decided, *([_ended(decided, ends)] if has_ended(ends, actor.now) else [])]


def _ended(decided: ReceiptEventView, ends: str) -> ReceiptEventView:
    return decided.model_copy(update={"event_time": ends, "event_state": "expired", "entity_id": "", "evidence": ""})
