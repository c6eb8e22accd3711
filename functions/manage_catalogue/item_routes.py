"""Five routes for each kind of the catalogue, so that a later kind has them by its entry in KINDS."""

import json
from collections.abc import Callable, Sequence
from itertools import accumulate, islice
from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Body

from functions.manage_catalogue.routing import (
    Cursor,
    DryRun,
    IfMatch,
    ItemId,
    Limit,
    app,
    changing,
    described,
    reader,
    version_of,
    write_keys,
    writer,
)
from shared.contracts.catalogue import CHANGED, CHANGES, PAGES, VIEWS, has_secret, view
from shared.domain.catalogue import KINDS, Configured
from shared.domain.configuration import document_of, path_of
from shared.domain.sources import Source

_MOST = 4_000_000
"""Bytes of a page: Lambda answers with six million at most."""


def add_routes(name: str, kind: type[Configured]) -> None:
    words, many = name.replace("_", " "), path_of(name).replace("-", "_")
    path, one = f"/v1/{path_of(name)}", f"/v1/{path_of(name)}/<item_id>"

    def list_items(limit: Limit = 50, cursor: Cursor = None) -> Any:
        reader()
        found = list(islice(changing().catalogue.list(kind, after=cursor or ""), limit + 1))
        page = _page(found[:limit])
        return {"items": page, "next_cursor": page[-1]["id"] if len(page) < len(found) else None}

    def get_item(item_id: ItemId) -> Any:
        reader()
        return view(changing().get(kind, item_id))

    def put_item(item_id: ItemId, body: Any, dry_run: DryRun = False, if_match: IfMatch = None) -> Any:
        """It says the whole item: what isn't named takes its default. Without a version it is to be a new one."""
        who = writer()
        asked = version_of(if_match)
        version = (body.version or 0) if asked is None else asked
        if kind is Source and not dry_run and not changing().catalogue.find(kind, item_id, consistent=True):
            write_keys().revoke_all(item_id, who)  # keys of an earlier source must not come to life with this one
        item, secret = changing().put(kind, item_id, body, version, who, dry_run)
        return view(item) | ({"secret": secret} if has_secret(kind) else {})

    def delete_item(item_id: ItemId, if_match: IfMatch = None) -> Any:
        """What others refer to stays. The reply is the item as it was last."""
        who = writer()
        return view(changing().delete(kind, item_id, version_of(if_match), who))

    body: Any = Annotated[CHANGES[kind], Body()]
    app.get(path, **described(f"list_{many}", f"Every {words}"))(_typed(list_items, PAGES[kind]))
    app.get(one, **described(f"get_{name}", f"One {words}", 404))(_typed(get_item, VIEWS[kind]))
    app.put(one, **described(f"put_{name}", f"Make or change a {words}", 404, 409, 413))(
        _typed(put_item, CHANGED[kind], body=body)
    )
    app.delete(one, **described(f"delete_{name}", f"Delete a {words}", 404, 409))(_typed(delete_item, VIEWS[kind]))


def _page(found: Sequence[Configured]) -> list[dict[str, Any]]:
    """As many as an answer can hold: one at least."""
    sizes = accumulate(len(json.dumps(document_of(item))) for item in found)
    return [
        view(item) for place, (item, size) in enumerate(zip(found, sizes, strict=True)) if not place or size < _MOST
    ]


def _typed(function: Callable[..., Any], reply: Any, **parameters: Any) -> Callable[..., Any]:
    """The function with types that are known only now."""
    function.__annotations__ |= {**parameters, "return": reply}
    return function


for _name, _kind in KINDS.items():
    add_routes(_name, _kind)
