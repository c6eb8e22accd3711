"""One part of a change in bulk: each of its people is asked for at the gate, as if they were told of alone."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from functions.deliver.courier import Courier, Outcome
from shared.contracts.bus import SegmentChangedInBulk, detail_of
from shared.destinations.contract import Answer, Around, Line, Parcel, Send
from shared.destinations.fields import fields_for
from shared.destinations.kinds import KINDS
from shared.domain.auditing import AuditEntry
from shared.domain.bulk import ENTERED, crossing, flow_name, lines_wanted
from shared.domain.data_flows import flows_of
from shared.domain.destinations import Destination
from shared.domain.gate import Permitted
from shared.domain.identifiers import Identifier
from shared.domain.profiles import Profile
from shared.domain.refusals import Refusals
from shared.domain.suppression import Suppressions, suppressed_of
from shared.domain.times import to_text
from shared.stores.suppression_store import SuppressionStore


@dataclass(frozen=True, slots=True)
class Heard:
    """Refusals of many people, read at once."""

    found: Refusals

    def find(self, hashes: Collection[str]) -> Refusals:
        return {one: self.found[one] for one in hashes if one in self.found}


@dataclass(frozen=True, slots=True)
class LookedUp:
    """Suppressions of many people, read at once."""

    found: Suppressions

    def any_of(self, identifiers: Iterable[Identifier], at: str) -> bool:
        return bool(suppressed_of([*identifiers], at, self.found))


@dataclass(frozen=True, slots=True)
class Asked:
    """What a part is to be of: `key` is its object; `is_again`: by a redelivery."""

    destination: Destination
    fact: SegmentChangedInBulk
    key: str
    is_again: bool
    around: Around


@dataclass(slots=True)
class Part:
    """What came of some people: `lines` and `sends` tell of those who may be told of; who is held, until when; numbers
    by what they count.
    """

    lines: list[Line] = field(default_factory=list)
    sends: list[Send] = field(default_factory=list)
    entries: list[AuditEntry] = field(default_factory=list)
    told: list[Identifier] = field(default_factory=list)
    held: dict[str, str] = field(default_factory=dict)
    tally: Counter[str] = field(default_factory=Counter)


def part_of(courier: Courier, suppressions: SuppressionStore, asked: Asked, ids: Iterable[str]) -> Part:
    part, data, wanted = Part(), asked.fact.data, lines_wanted(asked.destination.detail_types)
    people = courier.profiles.live({*ids})
    at_hand = _at_hand(courier, suppressions, people)
    for profile_id, profile in sorted(people.items()):
        told = crossing(profile, data.segment, data.since, data.job_id)
        if profile.id != profile_id or told is None or told.detail_type not in wanted:
            continue  # merged meanwhile, and the winner speaks; or as before
        found = at_hand.asked(asked.destination, profile)
        if isinstance(found, Permitted):
            fields = fields_for(asked.destination, profile, found.withheld)
            about = (asked.destination, told.id, told.detail_type, detail_of(told), fields, found, profile)
            _tell(courier, asked, Parcel(*about, is_again=asked.is_again), profile, part)
            continue
        part.tally[_name(found)] += 1
        if found.until:
            part.held[profile_id] = to_text(found.until)
    return part


def _at_hand(courier: Courier, suppressions: SuppressionStore, people: Mapping[str, Profile]) -> Courier:
    """With all that is to be asked of these people read before."""
    hashes = {hashed for profile in people.values() for hashed in profile.identifiers}
    identifiers = [one for profile in people.values() for one in profile.identifiers.values()]
    heard, erased = courier.refusals.find(hashes), suppressions.look_up(identifiers)
    return replace(courier, refusals=Heard(heard), suppressions=LookedUp(erased))


def _tell(courier: Courier, asked: Asked, parcel: Parcel, profile: Profile, part: Part) -> None:
    kind = KINDS[parcel.destination.kind]
    found = kind.line(parcel) if kind.line else kind.ready(parcel, asked.around)
    if isinstance(found, Answer):
        part.tally[f"{found.status}:{found.reason}"] += 1
        return
    if isinstance(found, Line):
        part.lines.append(found)
        part.entries.append(_disclosure(courier, parcel, profile, found.id, asked.key))
    else:
        part.sends.append(found)
        part.entries.append(_disclosure(courier, parcel, profile, parcel.id, "deliver"))
    flows = flows_of(parcel.detail_type, parcel.fields, profile)
    part.tally.update(["entered" if parcel.detail_type == ENTERED else "exited", *map(flow_name, flows)])
    part.told += profile.identifiers.values()


def _disclosure(courier: Courier, parcel: Parcel, profile: Profile, fact_id: str, place: str) -> AuditEntry:
    """In the audit log the place is the file, so that an erasure finds it, and the line by its id."""
    about = (parcel.destination, profile.id, fact_id, parcel.detail_type, parcel.fields)
    return courier.disclosure(*about, datetime.now(UTC), place)


def _name(found: Outcome) -> str:
    return f"{found.status}:{found.reason}"
