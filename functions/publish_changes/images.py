"""A record of the profiles stream as images of a profile item."""

import json
from collections.abc import Mapping
from typing import Any

from shared.aws.dynamo import to_python
from shared.domain.erasures import is_erasing
from shared.domain.facts import Image
from shared.domain.profiles import Change
from shared.stores.keys import PROFILE, profile_pk
from shared.stores.profile_items import plain

_READ = (
    "pk", "status", "version", "changes", "packed", "cause", "correlation_id", "republish_from", "silent", "in_bulk",
)  # fmt: skip


def images_of(record: Mapping[str, Any]) -> tuple[Image | None, Image] | None:
    """The old and the new image, or None for what isn't a written profile item. Raises where an image is broken."""
    change = record["dynamodb"]
    if change["Keys"]["sk"]["S"] != PROFILE or "NewImage" not in change:
        return None
    return (_image(change["OldImage"]) if "OldImage" in change else None), _image(change["NewImage"])


def erased_of(record: Mapping[str, Any]) -> tuple[Image, str] | None:
    """The last image of a person who was erased, and when they were frozen for it; None for any other record."""
    change = record["dynamodb"]
    old = change.get("OldImage", {})
    is_gone = change["Keys"]["sk"]["S"] == PROFILE and "NewImage" not in change
    if not is_gone or not is_erasing(old.get("frozen", {}).get("S", "")):
        return None
    return _image(old), old["updated_at"]["S"]


def marked_in(record: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The moments for which the record's write marked a profile, each with the profile's id."""
    change = record["dynamodb"]
    if change["Keys"]["sk"]["S"] != PROFILE:
        return []
    due, before = (change.get(image, {}).get("due", {}).get("S", "").split() for image in ("NewImage", "OldImage"))
    profile_id = change["Keys"]["pk"]["S"].removeprefix(profile_pk(""))
    return [(moment, profile_id) for moment in due if moment not in before]


def _image(attributes: Mapping[str, Any]) -> Image:
    item = plain(to_python({name: attributes[name] for name in _READ if name in attributes}))
    if item["status"] != "merged" and "changes" not in item:
        raise KeyError("changes")  # only a tombstone has none
    return Image(
        profile_id=item["pk"].removeprefix(profile_pk("")),
        version=item["version"],
        is_merged=item["status"] == "merged",
        changes={key: Change(*entry) for key, entry in json.loads(item.get("changes", "{}")).items()},
        cause=item.get("cause", "live"),
        correlation_id=item.get("correlation_id"),
        republish_from=item.get("republish_from"),
        is_silent=item.get("silent", False),
        in_bulk=frozenset(item.get("in_bulk", "").split()),
    )
