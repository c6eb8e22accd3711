"""Erases again what a restored backup has brought back, by the suppressions, which no backup is restored over."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from ulid import ULID

from cli.deployment import Deployment, DeploymentError
from shared.aws.batching import chunks
from shared.aws.clients import step_functions
from shared.aws.dynamo import Item, Segment, scan_page
from shared.aws.executions import start_execution
from shared.domain.identifiers import Identifier
from shared.domain.privacy_requests import Identity, PrivacyRequest
from shared.domain.profiles import Profile
from shared.domain.suppression import HOLDS
from shared.domain.times import to_text
from shared.stores.event_store import identifiers_of
from shared.stores.keys import IDENTIFIER, anchor_pk
from shared.stores.profile_finder import ProfileFinder
from shared.stores.request_store import RequestStore
from shared.stores.suppression_store import SuppressionStore, open_suppressions

_LOOKED_UP = 1_000
BY = "restore"


@dataclass(frozen=True, slots=True)
class Returned:
    """Somebody who is back: suppressed identifiers, and whether it was lifted of one of them since."""

    identifiers: tuple[Identifier, ...]
    was_lifted: bool


@dataclass(frozen=True, slots=True)
class Reapplier:
    """`tables` is what the deployed names of tables begin with."""

    stage: str
    tables: str

    @property
    def requests(self) -> RequestStore:
        return RequestStore(f"{self.tables}privacy")

    @property
    def suppressions(self) -> SuppressionStore:
        return open_suppressions(f"{self.tables}suppressions", f"jogakbo/{self.stage}/suppression-keys")

    def returned(self) -> list[Returned]:
        """Everybody in the tables who is suppressed, by whom they are there; whoever came after a lift isn't."""
        people: dict[str, tuple[list[Identifier], list[str]]] = {}
        finder = ProfileFinder(f"{self.tables}profiles")
        known = ((hashed, one) for some in self._known() for hashed, one in some)
        for some in chunks(known, _LOOKED_UP):
            hashes = {identifier: hashed for hashed, identifier in some}
            for identifier, until in self.suppressions.look_up(hashes).items():
                found = finder.by_identifier(hashes[identifier])
                if found and (found.contested or _came_after(found.profile, until)):
                    continue
                own, times = people.setdefault(found.profile_id if found else hashes[identifier], ([], []))
                own.append(identifier)
                times.append(until)
        return [Returned(tuple(own), any(time != HOLDS for time in times)) for own, times in people.values()]

    def erase(self, returned: Iterable[Returned], now: datetime) -> list[str]:
        """Ids of the requests that are carried out."""
        machine, ids = _state_machine(self.stage), []
        for one in returned:
            about = tuple(Identity(identifier.namespace, identifier.value) for identifier in one.identifiers)
            at = to_text(now)
            request = PrivacyRequest(str(ULID()), "erasure", BY, about, BY, at, at, "verified")
            self.requests.put(request, now)
            start_execution(machine, request.id, {"request_id": request.id})
            ids.append(request.id)
        return ids

    def unreached(self) -> int:
        """Events that name somebody who is suppressed for good. After all were erased there are none, unless `events`
        was restored alone: what led from people to the events of others that name them is in the other tables.
        """
        number = 0
        for items in _pages(f"{self.tables}events", ("identifiers",), "begins_with(#pk, :wanted)", anchor_pk("")):
            named = [{one.identifier for one in identifiers_of(item)} for item in items]
            until = self.suppressions.look_up(one for own in named for one in own)
            gone = {identifier for identifier, time in until.items() if time == HOLDS}
            number += sum(1 for own in named if own & gone)
        return number

    def _known(self) -> Iterator[list[tuple[str, Identifier]]]:
        """Every identifier that a table has, page by page, with its hash; of events those under which they lie."""
        seen: set[str] = set()
        for items in _pages(f"{self.tables}profiles", ("namespace", "value"), "#sk = :wanted", IDENTIFIER):
            yield [(item["pk"].partition("#")[2], Identifier(item["namespace"], item["value"])) for item in items]
        where = "begins_with(#pk, :wanted)"
        for items in _pages(f"{self.tables}events", ("identifiers",), where, anchor_pk("")):
            anchors = {(one := identifiers_of(item)[0]).hash: one.identifier for item in items}
            yield [(hashed, anchors[hashed]) for hashed in sorted(anchors.keys() - seen)]
            seen |= anchors.keys()


def reapplier(deployed: Deployment) -> Reapplier:
    return Reapplier(deployed.stage, deployed.profiles_table.removesuffix("profiles"))


def still_open(requests: RequestStore, ids: Iterable[str]) -> list[PrivacyRequest]:
    """Those that are not completed."""
    found = (requests.find(request_id) for request_id in ids)
    return [request for request in found if request and request.state != "completed"]


def _came_after(profile: Profile | None, until: str) -> bool:
    """Of an identifier that was let in again: whether this is who came then."""
    return until != HOLDS and profile is not None and profile.state.first_seen > until


def _pages(table: str, names: tuple[str, ...], where: str, wanted: str) -> Iterator[list[Item]]:
    segment: Segment | None = Segment()
    while segment:
        items, after, _ = scan_page(table, segment, names, where, {":wanted": wanted})
        yield items
        segment = Segment(after=after) if after else None


def _state_machine(stage: str) -> str:
    """Its ARN."""
    name = f"jogakbo-{stage}-requests"
    pages = step_functions().get_paginator("list_state_machines").paginate()
    found = (one["stateMachineArn"] for page in pages for one in page["stateMachines"] if one["name"] == name)
    arn: str | None = next(found, None)
    if arn is None:
        raise DeploymentError(f"There is no state machine {name}. Remedy: make deploy STAGE={stage}")
    return arn
