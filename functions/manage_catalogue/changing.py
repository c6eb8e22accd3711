"""Makes, changes and deletes items: judged, at the version that was read, and recorded."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from functions.manage_catalogue import secrets
from functions.manage_catalogue.crowding import author_of, crowd_flaws
from functions.manage_catalogue.refusals import another_version, had_members, invalid, missing, still_referenced
from functions.manage_catalogue.users import disabling_flaws, users_of
from shared.aws.queues import send_messages
from shared.aws.secrets import delete_secret
from shared.contracts.queues import CLOSE, Errand, Farewell
from shared.destinations.webhook.address_guard import Refused, check
from shared.domain.catalogue import KINDS, Configured
from shared.domain.configuration import ItemState, called, document_of, flaws_in, item_of, missing_references, state_of
from shared.domain.destinations import Destination
from shared.domain.flaws import Flaw
from shared.domain.maps import is_same
from shared.domain.segments.beside import flaws_after, flaws_unapproved, is_for_good
from shared.domain.segments.definition import Segment
from shared.domain.times import to_text
from shared.stores.catalogue_items import Kind
from shared.stores.catalogue_store import CatalogueStore, VersionConflictError
from shared.stores.recorded_changes import Change, RecordedChanges

FAREWELL_SECONDS = 30
"""By then deliver knows that a destination is gone, and what it had begun has ended."""

CLOSED_SECONDS = 90
"""By then nothing can be held for it any more."""

_WITH_SECRETS = ("webhook", "partner_bus")


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks, by the name of the API token, and when."""

    name: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Changing:
    """Raises ProblemError (400, 404, 409) where it refuses. `goes_on` is told the id of a destination that is live
    again.
    """

    catalogue: CatalogueStore
    recorded: RecordedChanges
    stage: str
    allow_loopback: bool
    goes_on: Callable[[str], None]
    segments_need_approval: bool = False
    deliveries_url: str = ""

    def get(self, kind: type[Kind], item_id: str) -> Kind:
        found = self.catalogue.find(kind, item_id, consistent=True)
        if found is None:
            raise missing(_called(kind, item_id))
        return found

    def put(
        self, kind: type[Configured], item_id: str, form: BaseModel, version: int, actor: Actor, dry_run: bool
    ) -> tuple[Configured, str | None]:
        """The item as it is then, and its secret where it is new and has one. What says the same is not written."""
        present = self.catalogue.find(kind, item_id, consistent=True)
        if version != (present.version if present else 0):
            raise another_version(_called(kind, item_id), version, present.version if present else 0)
        item = item_of(kind, item_id, form, version, secret_name=getattr(present, "secret_name", ""))
        around = [*missing_references(item, self._state), *self._address_flaws(item, present)]
        own = [*flaws_in(item), *around, *disabling_flaws(item, present, self.catalogue, actor.now)]
        if flaws := own or [*crowd_flaws(item, self.catalogue), *self._segment_flaws(item, present, actor)]:
            raise invalid(flaws)
        if present == item and not _changed(present, item):
            return present, None
        if dry_run:
            return replace(item, version=version + 1), None
        if present is None and isinstance(item, Destination) and item.kind in _WITH_SECRETS:
            return self._put_with_secret(item, actor)
        return self._write(item, present, actor), None

    def tried(self, segment: Segment) -> Segment:
        """One that isn't to be saved, judged as if it were; as what may refer to drafts, where it is one."""
        own = [*flaws_in(segment), *missing_references(segment, self._state)]
        if flaws := own or [*crowd_flaws(segment, self.catalogue)]:
            raise invalid(flaws)
        return segment

    def delete(self, kind: type[Configured], item_id: str, version: int | None, actor: Actor) -> Configured:
        """The item as it was last."""
        present = self.get(kind, item_id)
        if version not in (None, present.version):
            raise another_version(_called(kind, item_id), version or 0, present.version)
        if isinstance(present, Segment) and is_for_good(present):
            raise had_members(_called(kind, item_id))
        if users := users_of(present, self.catalogue, actor.now):
            raise still_referenced(_called(kind, item_id), users)
        change = Change(actor.name, actor.now, "deleted", before=present.version)
        if isinstance(present, Destination):
            self._part(present, actor)
        try:
            self.recorded.delete(present, change)
        except VersionConflictError:
            raise self._lost(present) from None
        if secret_name := getattr(present, "secret_name", ""):
            delete_secret(secret_name)
        return present

    def _part(self, destination: Destination, actor: Actor) -> None:
        """Once it is gone, a partner is told, and what was held ends. Deliver does neither where this breaks off in
        between.
        """
        if partner := destination.partner_bus:
            whom, at = destination.id, to_text(actor.now)
            farewell = Farewell(farewell_to=whom, secret_name=destination.secret_name, bus=partner.bus, at=at)
            send_messages(self.deliveries_url, [farewell.model_dump_json()], FAREWELL_SECONDS)
        close = Errand(errand=CLOSE, destination_id=destination.id)
        send_messages(self.deliveries_url, [close.model_dump_json()], CLOSED_SECONDS)

    def rotate_secret(self, destination_id: str, actor: Actor) -> str:
        destination = self.get(Destination, destination_id)
        if destination.kind != "webhook":
            raise invalid([Flaw("kind", f"A {destination.kind} signs nothing.", "Only a webhook does.")])
        secret = secrets.rotate(destination.secret_name)
        version = destination.version
        change = Change(actor.name, actor.now, "secret_rotated", before=version, after=version)
        self.recorded.record("destination", destination_id, change)
        return secret

    def _put_with_secret(self, item: Destination, actor: Actor) -> tuple[Configured, str | None]:
        """What signs is told once, what makes pseudonyms never."""
        name, secret = secrets.make(self.stage, item.id)
        made: dict[str, Any] = {"secret_name": name}
        try:
            written = self._write(replace(item, **made), None, actor)
        except BaseException:
            delete_secret(name)
            raise
        return written, secret if item.kind == "webhook" else None

    def _write(self, item: Configured, present: Configured | None, actor: Actor) -> Configured:
        change = Change(
            actor.name,
            actor.now,
            "changed" if present else "created",
            before=item.version,
            after=item.version + 1,
            fields=_changed(present, item),
        )
        try:
            self.recorded.put(item, change)
        except VersionConflictError:
            raise self._lost(item) from None
        was_held = isinstance(present, Destination) and present.state != "live"
        if was_held and isinstance(item, Destination) and item.state == "live":
            self.goes_on(item.id)
        return replace(item, version=item.version + 1)

    def _lost(self, item: Configured) -> Exception:
        found = self.catalogue.find(type(item), item.id, consistent=True)
        return another_version(_called(type(item), item.id), item.version, found.version if found else 0)

    def _state(self, kind: str, item_id: str) -> ItemState | None:
        found = self.catalogue.find(KINDS[kind], item_id, consistent=True)
        return state_of(found) if found else None

    def _segment_flaws(self, item: Configured, present: Configured | None, actor: Actor) -> Iterator[Flaw]:
        """What a segment can't become."""
        if not isinstance(item, Segment) or not isinstance(present, Segment | None):
            return
        yield from flaws_after(item, present)
        if self.segments_need_approval:
            yield from flaws_unapproved(item, present, author_of(item, self.recorded), actor.name)

    def _address_flaws(self, item: Configured, present: Configured | None) -> Iterator[Flaw]:
        """Where a webhook may not lead, and what can't become one. A URL that stays as it is isn't looked up again."""
        if not isinstance(item, Destination):
            return
        if isinstance(present, Destination) and present.kind != item.kind:
            yield Flaw("kind", f"It is a {present.kind} for good.", "Make another destination.")
        if not item.url or (isinstance(present, Destination) and present.url == item.url):
            return
        try:
            target = check(item.url, allow_loopback=self.allow_loopback)
        except OSError:
            yield Flaw("url", "Its host has no address.", "Check the name.")
            return
        if isinstance(target, Refused):
            yield Flaw("url", f"It can't be a webhook: {target.reason}.", "A public https URL on port 443 or 8443.")


def _changed(present: Configured | None, item: Configured) -> tuple[str, ...]:
    """Names of the fields that say something else."""
    before, after = document_of(present) if present else {}, document_of(item)
    return tuple(name for name in {**before, **after} if not is_same(before.get(name), after.get(name)))


def _called(kind: type[Any], item_id: str) -> str:
    return called(next(name for name, known in KINDS.items() if known is kind), item_id)
