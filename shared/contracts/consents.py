"""Decisions of consent over HTTP: what is asked to be taken down, and what consent records tell."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, model_validator

from shared.contracts.shape import Shape
from shared.domain.consent import ConsentState
from shared.domain.consent_records import EventState
from shared.domain.consent_signals import MOST_EVIDENCE, MOST_NAME, MOST_SIGNALS

SOURCE = "consents"

_Text = Annotated[str, Field(max_length=MOST_NAME)]
_Code = Annotated[str, Field(max_length=35)]


class _Own(Shape):
    model_config = ConfigDict(populate_by_name=True)


class DecisionRequest(_Own):
    """One decision, with what proves it."""

    purpose: str = Field(min_length=1, max_length=MOST_NAME, examples=["advertising_email"])
    state: ConsentState
    wording: _Text = Field(default="", description="Version of the text that was shown", examples=["3"])
    language: _Code = Field(default="", examples=["ko"])
    method: _Text = Field(default="", description="How it was asked", examples=["paper_form"])
    evidence: str = Field(default="", max_length=MOST_EVIDENCE, description="Where the proof lies")
    jurisdiction: _Code = Field(default="", examples=["KR"])
    expires: str | None = Field(default=None, description="Until when a grant holds, ISO 8601")


class ConsentsRequest(_Own):
    """Decisions that were taken at one time. The same `messageId` and `at` again are the same."""

    decisions: Annotated[list[DecisionRequest], Field(min_length=1, max_length=MOST_SIGNALS)]
    at: str | None = Field(default=None, description="When they were taken, ISO 8601; without it now")
    message_id: str | None = Field(default=None, alias="messageId", min_length=1, max_length=100)
    source: str = Field(default=SOURCE, min_length=1, max_length=100, description="Id of the source they come from")

    @model_validator(mode="after")
    def _can_be_repeated(self) -> "ConsentsRequest":
        if self.message_id and not self.at:
            raise ValueError("`messageId` needs `at`: both tell whether a decision has been taken down before")
        return self


class NamedConsentsRequest(ConsentsRequest):
    """The same of whom an identifier names, be they known or not."""

    identifier: str = Field(max_length=600, examples=["email:jane@example.com"])


class TakenView(_Own):
    """On its way: an event of this `message_id`, and its consent record, are theirs in a moment."""

    message_id: str
    record_id: str


class RecordedPurposeView(_Own):
    """A purpose that listed the signal when it was recorded, and the version of its wording then."""

    id: str
    wording: str


class RecordedDecisionView(_Own):
    """`event_state` as ISO/IEC TS 27560 calls it. Texts are empty where nobody said."""

    signal: str = Field(examples=["advertising_email", "Advertising", "google:ad_storage", "tcf:1"])
    state: ConsentState
    event_state: EventState
    purposes: list[RecordedPurposeView]
    explicit: bool
    method: str
    wording: str
    language: str
    evidence: str = Field(description="Hidden from tokens without `profiles:pii`")
    jurisdiction: str
    expires: str


class ConsentRecordView(_Own):
    """What one event decided."""

    id: str
    time: str
    recorded_at: str
    namespace: str = Field(description="Of the identifier that it was given on")
    value: str
    source_id: str
    message_id: str
    channel: str
    country: str
    decisions: list[RecordedDecisionView]


class ConsentPageView(_Own):
    """Newest first, over all identifiers of the person. `next_cursor` is null on the last page."""

    profile_id: str
    records: list[ConsentRecordView]
    next_cursor: str | None


class PurposeReceiptView(_Own):
    """`text` by language, where the wording is still the one that was recorded; `recipients` are the destinations that
    serve the purpose today."""

    purpose: str
    name: dict[str, str]
    lawful_basis: str
    wording: str
    text: dict[str, str]
    pii_information: list[str] = Field(description="Traits that leave for it alone")
    recipient_third_parties: list[str]


class ReceiptEventView(_Own):
    event_time: str
    event_type: Literal["expressed", "explicit"]
    event_state: Literal["given", "re-confirmed", "refused", "withdrawn", "expired"]
    signal: str
    entity_id: str = Field(description="The source by which it came; of an expiry nobody's")
    language: str
    collection_method: str
    evidence: str
    jurisdiction: str
    validity_until: str


class PartyView(_Own):
    """A company that answers for the person's data, as it is declared."""

    party_id: str
    name: str
    address: str
    contact: str
    role: Literal["controller"] = "controller"


class ReceiptView(_Own):
    """A consent receipt by ISO/IEC TS 27560, with the fields of a record that Jogakbo knows."""

    schema_version: Literal["ISO/IEC TS 27560:2023"] = "ISO/IEC TS 27560:2023"
    receipt_id: str
    record_id: str
    issued_at: str
    pii_principal_id: str = Field(examples=["email:jane@example.com"])
    channel: str
    country: str
    tc_string: str
    parties: list[PartyView]
    missing: list[Literal["parties"]] = Field(description="What a receipt must say and nobody declared")
    purposes: list[PurposeReceiptView]
    events: list[ReceiptEventView]
