"""Routes of one kind alone: write keys and health of a source."""

from datetime import UTC, datetime

from functions.manage_catalogue.routing import (
    ItemId,
    KeyId,
    app,
    changing,
    described,
    reader,
    write_keys,
    writer,
)
from functions.manage_catalogue.source_health import health_of
from shared.contracts.catalogue import HealthView, NewWriteKeyView, WriteKeysView, WriteKeyView
from shared.domain.sources import Source

_KEYS = "/v1/sources/<item_id>/write-keys"


@app.get(_KEYS, **described("list_write_keys", "The write keys of a source", 404))
def list_write_keys(item_id: ItemId) -> WriteKeysView:
    """Revoked ones too, oldest first; never the keys themselves."""
    reader()
    return WriteKeysView(write_keys=write_keys().list(item_id))


@app.post(_KEYS, **described("add_write_key", "A new write key for a source", 404))
def add_write_key(item_id: ItemId) -> NewWriteKeyView:
    """Beside those it has: a key is rotated by making one, and revoking the old one once nobody sends with it."""
    return write_keys().add(item_id, writer())


@app.delete(f"{_KEYS}/<key_id>", **described("revoke_write_key", "Revoke a write key", 404))
def revoke_write_key(item_id: ItemId, key_id: KeyId) -> WriteKeyView:
    """Nobody sends with it a minute later. It can't be undone."""
    return write_keys().revoke(item_id, key_id, writer())


@app.get("/v1/sources/<item_id>/health", **described("get_source_health", "How a source is doing", 404))
def get_source_health(item_id: ItemId) -> HealthView:
    """From counts by hour: what came, how it ended, what was wrong with it, and how that compares to other days."""
    reader()
    source = changing().get(Source, item_id)
    return health_of(source, changing().catalogue, changing().recorded.ledger, datetime.now(UTC))
