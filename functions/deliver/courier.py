"""Takes one fact to one destination: asks consent as it is now, posts, and records how it ended."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal

from functions.deliver.backoff import MOST_RECEIVES
from functions.deliver.messages import Message
from shared.aws.secrets import secret_text
from shared.contracts.bus import ConsentChanged, ProfileErased
from shared.destinations.webhook.address_guard import Refused, check
from shared.destinations.webhook.client import Answer, post
from shared.destinations.webhook.mapping import fields_for, may_receive, payload
from shared.domain.auditing import AuditEntry, fields_of
from shared.domain.catalogue import Destination
from shared.domain.data_flows import Flow, flows_of
from shared.domain.identity import STOPPED
from shared.domain.profiles import Profile
from shared.domain.standard_webhooks import signed_headers
from shared.domain.standing import StandingState, standings, states
from shared.domain.times import to_text
from shared.stores.audit_log import AuditLog
from shared.stores.delivery_store import Delivery, DeliveryStore, Status
from shared.stores.profile_store import ProfileStore
from shared.stores.suppression_store import SuppressionStore

GONE = 410


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a try ended: as the ledger says it, `repeated` (it had ended before) or `retry`. `flows` arrived."""

    status: Status | Literal["repeated", "retry"]
    reason: str | None = None
    code: int | None = None
    retry_after: int | None = None
    flows: tuple[Flow, ...] = ()


@dataclass(frozen=True, slots=True)
class Courier:
    profiles: ProfileStore
    deliveries: DeliveryStore
    audit: AuditLog
    suppressions: SuppressionStore
    allow_loopback: bool = False

    def take(self, message: Message, destination: Destination) -> Outcome:
        """Deliver once. Raises where AWS can't be reached, before anything was posted or before it was recorded."""
        before = self.deliveries.find(destination.id, message.fact.metadata.id)
        if before and before.is_final:
            return Outcome("repeated")
        profile = self.profiles.profile(message.fact.data.profile_id)
        fields = self._fields(message, destination, profile)
        outcome = fields if isinstance(fields, Outcome) else self._post(message, destination, fields)
        if outcome.status == "delivered" and not isinstance(fields, Outcome):
            outcome = replace(outcome, flows=flows_of(message.detail_type, fields, profile))
        return self.ended(message, destination, outcome)

    def ended(self, message: Message, destination: Destination, outcome: Outcome) -> Outcome:
        """Record how a try ended; the last one that calls for another has failed."""
        if outcome.status == "retry" and message.receives >= MOST_RECEIVES:
            outcome = Outcome("failed", outcome.reason, outcome.code)
        self.record(message, destination, outcome)
        return outcome

    def record(self, message: Message, destination: Destination, outcome: Outcome) -> None:
        """Write an end to the ledger; a try that is to be repeated is none."""
        if outcome.status == "retry" or outcome.status == "repeated":
            return
        delivery = Delivery(
            destination_id=destination.id,
            fact_id=message.fact.metadata.id,
            status=outcome.status,
            attempts=message.receives,
            profile_id=message.fact.data.profile_id,
            detail_type=message.detail_type,
            reason=outcome.reason,
            code=outcome.code,
        )
        self.deliveries.put(delivery, datetime.now(UTC))

    def _fields(
        self, message: Message, destination: Destination, profile: Profile | None
    ) -> Mapping[str, Any] | Outcome:
        """What of the person may go along, or that the fact is withheld."""
        if isinstance(message.fact, ProfileErased):
            return {}  # by its ids, whatever was granted or stopped
        consent = self._consent(profile) if profile else {}
        if profile and profile.stopped and not _withdraws(message, destination):
            return Outcome("withheld", STOPPED)
        if profile and self.suppressions.any_of(profile.identifiers.values(), to_text(datetime.now(UTC))):
            return {} if _withdraws(message, destination) else Outcome("withheld", "suppressed")
        if profile and may_receive(destination, consent):
            return fields_for(destination, profile)
        if _withdraws(message, destination):
            return {}  # a withdrawal must arrive; ids are all it takes
        return Outcome("withheld", "consent_not_granted" if profile else "profile_missing")

    def _consent(self, profile: Profile) -> dict[str, StandingState]:
        purposes, now = self.profiles.purposes(), datetime.now(UTC)
        return states(standings(profile.state.consent, profile.state.links, purposes, now))

    def _post(self, message: Message, destination: Destination, fields: Mapping[str, Any]) -> Outcome:
        try:
            target = check(destination.url, allow_loopback=self.allow_loopback)
        except OSError:
            return Outcome("retry", "name_not_resolved")
        if isinstance(target, Refused):
            return Outcome("refused", target.reason)
        body = payload(message.detail_type, message.fact, fields)
        secrets = json.loads(secret_text(destination.secret_name))
        now = datetime.now(UTC)
        headers = signed_headers(secrets, message.fact.metadata.id, int(now.timestamp()), body)
        self._disclose(message, destination, fields, now)
        return _outcome(post(target, body, {"Content-Type": "application/json", "User-Agent": "Jogakbo/1", **headers}))

    def _disclose(self, message: Message, destination: Destination, fields: Mapping[str, Any], now: datetime) -> None:
        """Into the audit log before it leaves: each try may arrive, whatever is heard of it."""
        fact = message.fact
        entry = AuditEntry(
            profile_id=fact.data.profile_id,
            at=to_text(now),
            what="disclosed",
            id=f"{destination.id}#{fact.metadata.id}",
            actor="deliver",
            place="deliver",
            fields=fields_of(message.detail_type, fields),
            destination=destination.id,
            purposes=destination.purposes,
        )
        self.audit.append(entry)


def _withdraws(message: Message, destination: Destination) -> bool:
    """Whether the fact takes back what the destination lives by."""
    fact = message.fact
    return (
        isinstance(fact, ConsentChanged) and fact.data.state == "refused" and fact.data.purpose in destination.purposes
    )


def _outcome(answer: Answer) -> Outcome:
    if answer.is_success:
        return Outcome("delivered", code=answer.code)
    if answer.code == GONE:
        return Outcome("refused", "gone", answer.code)
    retry_after = answer.retry_after if answer.code in (429, 503) else None
    return Outcome("retry", answer.failure or "status", answer.code, retry_after)
