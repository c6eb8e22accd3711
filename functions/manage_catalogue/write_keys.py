"""Write keys of a source: several at a time, so that one can be rotated; shown once and kept as hashes."""

import secrets
from dataclasses import dataclass, replace

from functions.manage_catalogue.changing import Actor, Changing
from functions.manage_catalogue.refusals import missing
from shared.contracts.catalogue import NewWriteKeyView, WriteKeyView
from shared.domain.sources import Source, WriteKey
from shared.domain.times import to_text
from shared.stores.keys import secret_hash
from shared.stores.recorded_changes import Change

_ID_LENGTH = 12


@dataclass(frozen=True, slots=True)
class WriteKeys:
    """Raises ProblemError (404)."""

    changing: Changing

    def list(self, source_id: str) -> list[WriteKeyView]:
        """Oldest first."""
        self.changing.get(Source, source_id)
        keys = sorted(self.changing.catalogue.write_keys_of(source_id), key=lambda entry: entry[1].created_at)
        return [_view(hashed, key) for hashed, key in keys]

    def add(self, source_id: str, actor: Actor) -> NewWriteKeyView:
        self.changing.get(Source, source_id)
        text = f"wk_{secrets.token_urlsafe(24)}"
        hashed, key = secret_hash(text), WriteKey(source_id, created_at=to_text(actor.now))
        self._put(hashed, key, Change(actor.name, actor.now, "key_added", key_id=hashed[:_ID_LENGTH]))
        return NewWriteKeyView(**_view(hashed, key).model_dump(), write_key=text)

    def revoke(self, source_id: str, key_id: str, actor: Actor) -> WriteKeyView:
        """The key as it is then. Warm processes forget it within a minute."""
        self.changing.get(Source, source_id)
        found = [entry for entry in self.changing.catalogue.write_keys_of(source_id) if entry[0].startswith(key_id)]
        if not found or len(key_id) != _ID_LENGTH:
            raise missing(f"write key {key_id} of source {source_id}")
        return self._revoke(*found[0], actor)

    def revoke_all(self, source_id: str, actor: Actor) -> None:
        """Whether the source is there or not."""
        for hashed, key in self.changing.catalogue.write_keys_of(source_id):
            self._revoke(hashed, key, actor)

    def _revoke(self, hashed: str, key: WriteKey, actor: Actor) -> WriteKeyView:
        if key.state == "live":
            key = replace(key, state="disabled")
            self._put(hashed, key, Change(actor.name, actor.now, "key_revoked", key_id=hashed[:_ID_LENGTH]))
        return _view(hashed, key)

    def _put(self, hashed: str, key: WriteKey, change: Change) -> None:
        self.changing.recorded.put_write_key(hashed, key, change)


def _view(hashed: str, key: WriteKey) -> WriteKeyView:
    return WriteKeyView(id=hashed[:_ID_LENGTH], created_at=key.created_at, state=key.state)
