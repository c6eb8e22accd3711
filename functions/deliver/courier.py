"""Takes one fact to one destination: asks consent as it is now, sends, and records how it ended."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal, Protocol

from functions.deliver.backoff import MOST_RECEIVES
from functions.deliver.bulk_files import GOOD_FOR, listed
from functions.deliver.lining import Line
from functions.deliver.messages import Message
from shared.aws.queues import LONGEST_DELAY_SECONDS
from shared.contracts.bus import ConsentChanged, Gathered, ProfileErased, ProfileMerged, SegmentChangedInBulk, about
from shared.destinations.contract import Answer, Around, Parcel
from shared.destinations.fields import fields_for
from shared.destinations.kinds import KINDS
from shared.domain.auditing import AuditEntry, fields_of
from shared.domain.bulk import flow_of
from shared.domain.consenting import Consenting
from shared.domain.data_flows import Flow, flows_of
from shared.domain.destinations import Destination
from shared.domain.facts import DetailType
from shared.domain.gate import IDS_ALONE, HeldUntil, Permitted, Withheld, passage
from shared.domain.identifiers import Identifier
from shared.domain.identity import STOPPED
from shared.domain.policy_packs import PolicyPack
from shared.domain.profiles import Profile
from shared.domain.purposes import bases_of
from shared.domain.refusals import Refusals, heeded
from shared.domain.times import to_text
from shared.stores.audit_log import AuditLog
from shared.stores.delivery_store import Delivery, DeliveryStore, Status
from shared.stores.profile_store import ProfileStore

PAUSED, OUTBOUND_HELD = "paused", "outbound_held"
OVER_RATE, GATHERING = "over_rate", "gathering"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a try ended: as the ledger says it, `repeated` (it had ended before), `retry`, `dead` (it comes until SQS
    makes a dead letter of it), or `gathering`: it comes again with its files. `flows` arrived so often; what is held is
    asked again not before `until`, or when its destination goes on. `counts`: of a change in bulk.
    """

    status: Status | Literal["repeated", "retry", "dead", "gathering"]
    reason: str | None = None
    code: int | None = None
    retry_after: int | None = None
    flows: Mapping[Flow, int] = field(default_factory=dict)
    until: datetime | None = None
    counts: Mapping[str, int] = field(default_factory=dict)


class Refusing(Protocol):
    """Where refusals are heard: shared.stores.refusal_store.RefusalStore."""

    def find(self, hashes: Collection[str]) -> Refusals: ...


class Suppressing(Protocol):
    """Where the erased are known: shared.stores.suppression_store.SuppressionStore."""

    def any_of(self, identifiers: Iterable[Identifier], at: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class Courier:
    """`is_behind`: whether decisions may be on their way that profiles don't know yet."""

    profiles: ProfileStore
    refusals: Refusing
    deliveries: DeliveryStore
    audit: AuditLog
    suppressions: Suppressing
    packs: Callable[[], Mapping[str, PolicyPack]]
    is_behind: Callable[[], bool]
    around: Callable[[datetime], Around]
    is_outbound_held: Callable[[], bool]
    line: Line

    def take(self, message: Message, destination: Destination) -> Outcome:
        """Deliver once. Raises where AWS can't be reached, before anything was sent or before it was recorded."""
        before = self.deliveries.find(destination.id, message.fact_id)
        if before and _is_over(before, message):
            return Outcome("repeated")
        if before and before.status == "failed" and message.receives > MOST_RECEIVES:
            return Outcome("dead")
        if why := self._halted(destination):
            return self._put_off(message, destination, why)
        if isinstance(message.fact, SegmentChangedInBulk):
            return self._in_bulk(message, destination, message.fact)
        profile = self.profiles.profile(about(message.fact))
        asked = self._asked(message, destination, profile)
        if isinstance(asked, Outcome):
            return self.ended(message, destination, asked)
        fields = fields_for(destination, profile, asked.withheld) if profile and not asked.ids_alone else {}
        outcome = self._send(message, destination, fields, asked, profile)
        if outcome.status == "delivered":
            outcome = replace(outcome, flows=Counter(flows_of(message.detail_type, fields, profile)))
        return self.ended(message, destination, outcome)

    def _put_off(self, message: Message, destination: Destination, why: str) -> Outcome:
        """Held; of a change in bulk the fact has ended by a later turn, so that is gathered anew when it goes on."""
        if message.gathered and message.gathered.turn:
            self.around(datetime.now(UTC)).send(message.errand_to(destination.id), LONGEST_DELAY_SECONDS)
            return Outcome("gathering")
        return self.ended(message, destination, Outcome("held", why))

    def ended(self, message: Message, destination: Destination, outcome: Outcome) -> Outcome:
        """Record how a try ended; the last one that calls for another has failed."""
        if outcome.status == "retry" and message.receives >= MOST_RECEIVES:
            outcome = Outcome("failed", outcome.reason, outcome.code)
        if outcome.until is None:
            self.record(message, destination, outcome)
        return outcome

    def record(self, message: Message, destination: Destination, outcome: Outcome) -> None:
        """Write an end to the ledger; a try that is to be repeated is none."""
        status = outcome.status
        if status == "retry" or status == "repeated" or status == "dead" or status == "gathering":
            return
        delivery = Delivery(
            destination_id=destination.id,
            fact_id=message.fact_id,
            status=status,
            attempts=message.receives,
            profile_id=about(message.fact),
            detail_type=message.detail_type,
            reason=outcome.reason,
            code=outcome.code,
            until=to_text(outcome.until) if outcome.until else None,
            fact=message.kept,
            redelivery=message.redelivery,
            counts=outcome.counts,
        )
        self.deliveries.put(delivery, datetime.now(UTC))

    def _halted(self, destination: Destination) -> str | None:
        """Why nothing goes to it for now, whoever it is about: what comes is kept in the ledger until it goes on."""
        if self.is_outbound_held():
            return OUTBOUND_HELD
        return PAUSED if destination.state == "paused" else None

    def _asked(self, message: Message, destination: Destination, profile: Profile | None) -> Permitted | Outcome:
        """Whether the fact may go, and with what."""
        if isinstance(message.fact, ProfileErased):
            return IDS_ALONE  # whatever was granted or stopped
        return self.asked(destination, profile, message)

    def asked(
        self, destination: Destination, profile: Profile | None, message: Message | None = None
    ) -> Permitted | Outcome:
        """Whether anything of a person may go now, and with what; where a message brings it, by what that says too."""
        withdraws = message is not None and _withdraws(message, destination)
        closed = self._closed(profile)
        if profile is None or closed:
            return IDS_ALONE if withdraws else Outcome("withheld", closed)
        person = self._consenting(destination, profile)
        is_behind = bool(profile.frozen) or self.is_behind()  # what changes who is frozen waits
        match passage(destination, person, is_behind=is_behind, withdraws=withdraws):
            case Withheld(reason):
                ends = message is not None and _ends(message, destination, person)
                return IDS_ALONE if ends else Outcome("withheld", reason)
            case HeldUntil(until, reason):
                return Outcome("held", reason, until=until)
            case permitted:
                return permitted

    def _closed(self, profile: Profile | None) -> str | None:
        """Why nothing of a person may leave, whatever they granted."""
        if profile is None:
            return "profile_missing"
        if profile.stopped:
            return STOPPED
        erased = self.suppressions.any_of(profile.identifiers.values(), to_text(datetime.now(UTC)))
        return "suppressed" if erased else None

    def _consenting(self, destination: Destination, profile: Profile) -> Consenting:
        """The person's consent, refusals that aren't folded yet among it."""
        asks = destination.purposes or destination.traits
        refusals = self.refusals.find(profile.identifiers.keys()) if asks else {}
        state = replace(profile.state, consent=heeded(profile.state.consent, refusals)) if refusals else profile.state
        return Consenting(state, self.profiles.purposes(), self.packs(), datetime.now(UTC))

    def _send(
        self,
        message: Message,
        destination: Destination,
        fields: Mapping[str, Any],
        asked: Permitted,
        profile: Profile | None,
    ) -> Outcome:
        now, fact = datetime.now(UTC), message.fact
        about = (destination, fact.metadata.id, message.detail_type, fact, fields, asked, profile)
        parcel = Parcel(*about, is_again=bool(message.redelivery))
        found = KINDS[destination.kind].ready(parcel, self.around(now))
        if isinstance(found, Answer):
            return _outcome(found)
        if turn := self.line.turn(message, destination):
            return Outcome("held", OVER_RATE, until=turn)
        self._disclose(message, destination, fields, now)
        return _outcome(found())

    def _in_bulk(self, message: Message, destination: Destination, fact: SegmentChangedInBulk) -> Outcome:
        """Told once its files are written, and while they are new; whom nobody may be told of is none to be told."""
        now, found = datetime.now(UTC), message.gathered
        if found is None or _is_late(message, found, now):
            self.record(message, destination, Outcome("held", GATHERING, until=now))
            self.around(now).send(message.errand_to(destination.id), 0)
            return Outcome("gathering")
        counts = {name: number for name, number in found.tally.items() if flow_of(name) is None}
        if not counts.keys() & {"entered", "exited"}:
            return self.ended(message, destination, Outcome("withheld", "nobody", counts=counts))
        around, kind = self.around(now), KINDS[destination.kind]
        fields = {"files": listed(around.bucket, destination.id, fact, found, now)} if kind.line else {}
        to_all = (destination, message.fact_id, message.detail_type, fact, fields, IDS_ALONE)
        ready = kind.ready(Parcel(*to_all, is_again=bool(message.redelivery)), around)
        if not isinstance(ready, Answer) and (turn := self.line.turn(message, destination)):
            return Outcome("held", OVER_RATE, until=turn)
        outcome = replace(_outcome(ready if isinstance(ready, Answer) else ready()), counts=counts)
        if outcome.status == "delivered":
            outcome = replace(outcome, flows={flow: n for name, n in found.tally.items() if (flow := flow_of(name))})
        return self.ended(message, destination, outcome)

    def _disclose(self, message: Message, destination: Destination, fields: Mapping[str, Any], now: datetime) -> None:
        """Into the audit log before it leaves: each try may arrive, whatever is heard of it."""
        fact_id, detail_type = message.fact.metadata.id, message.detail_type
        self.audit.append(self.disclosure(destination, about(message.fact), fact_id, detail_type, fields, now))

    def disclosure(
        self,
        destination: Destination,
        profile_id: str,
        fact_id: str,
        detail_type: DetailType,
        fields: Mapping[str, Any],
        now: datetime,
        place: str = "deliver",
    ) -> AuditEntry:
        return AuditEntry(
            profile_id=profile_id,
            at=to_text(now),
            what="disclosed",
            id=f"{destination.id}#{fact_id}",
            actor="deliver",
            place=place,
            fields=fields_of(detail_type, fields),
            destination=destination.id,
            purposes=destination.purposes,
            bases=bases_of(destination.purposes, self.profiles.purposes()),
        )


def _is_over(before: Delivery, message: Message) -> bool:
    """Whether the fact ended at the destination, by this redelivery if it is one; what is held comes by itself."""
    if message.redelivery:
        return before.is_final and before.redelivery == message.redelivery
    is_cut_off = before.reason == GATHERING and message.receives > 1  # its errand may not have been sent
    return before.is_final or (before.status == "held" and not message.destination_id and not is_cut_off)


def _is_late(message: Message, found: Gathered, now: datetime) -> bool:
    """Whether files are too old to be told of. Who comes by its turn in line goes: it would lose it each time."""
    has_turn = bool(message.rate) and message.receives == message.tries + 1
    return found.at < to_text(now - GOOD_FOR) and not has_turn


def _withdraws(message: Message, destination: Destination) -> bool:
    """Whether the fact takes back what the destination lives by."""
    fact = message.fact
    if not isinstance(fact, ConsentChanged) or fact.data.purpose not in destination.purposes:
        return False
    return fact.data.state != "granted" or fact.data.reconfirmation_due


def _ends(message: Message, destination: Destination, person: Consenting) -> bool:
    """Whether somebody whom the destination may know went into a person who decided: what it has of them ends."""
    is_merge = isinstance(message.fact, ProfileMerged)
    return is_merge and any(purpose in person.standings for purpose in destination.purposes)


def _outcome(answer: Answer) -> Outcome:
    return Outcome(answer.status, answer.reason, answer.code, answer.retry_after)
