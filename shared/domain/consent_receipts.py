"""What a consent receipt says beside its record: purposes as they are today, and what has ended since."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from shared.domain.consent_records import ConsentRecord, Recorded
from shared.domain.destinations import Destination
from shared.domain.purposes import Purpose, Purposes
from shared.domain.times import from_text, months_later, to_text


def purposes_of(record: ConsentRecord, declared: Purposes) -> dict[str, tuple[Purpose, str]]:
    """{purpose: it, and the wording that was recorded}, of all its decisions."""
    found = {p: wording for one in record.decisions.values() for p, wording in one.purposes.items()}
    return {one: (declared.get(one), found[one]) for one in sorted(found)}


def ends_at(record: ConsentRecord, recorded: Recorded, declared: Purposes) -> str:
    """When a grant ends, by what the person said and by the purposes that list it; empty for never."""
    if recorded.said.state != "granted":
        return ""
    months = [declared.get(purpose).valid_months for purpose in recorded.purposes]
    ends = [to_text(months_later(from_text(record.key.time), count)) for count in months if count]
    return min(filter(None, (*ends, recorded.said.expires)), default="")


def has_ended(ends: str, now: datetime) -> bool:
    return bool(ends) and ends <= to_text(now)


def recipients_of(destinations: Iterable[Destination]) -> Mapping[str, list[str]]:
    """{purpose: names of the live destinations that serve it}"""
    found: dict[str, list[str]] = {}
    for one in destinations:
        for purpose in one.purposes if one.state == "live" else ():
            found.setdefault(purpose, []).append(one.name)
    return found
