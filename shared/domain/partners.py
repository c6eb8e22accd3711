"""Partners in other accounts: which facts they can't do without, and by which pseudonym each knows a person."""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable

from shared.domain.facts import DetailType
from shared.domain.profiles import Profile

BUS = re.compile(r"arn:aws[a-z-]*:events:[a-z]{2}(-[a-z]+)+-\d:\d{12}:event-bus/[A-Za-z0-9._-]{1,256}")
NEEDED: tuple[DetailType, ...] = ("Profile Merged", "Profile Split", "Profile Erased")
"""Whom a pseudonym stands for changes by these: no partner goes without them."""

ENDED = "Partnership Ended"
"""The last that a partner is told. It is about nobody."""

MOST_FORMER = 20
_PSEUDONYM_LENGTH = 24


def pseudonym(key: bytes, subject: str) -> str:
    """What a partner is told instead of an id of ours: 144 bits that say nothing to anybody with another key."""
    digest = hmac.digest(key, subject.encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(digest).decode()[:_PSEUDONYM_LENGTH]


def former(profile: Profile) -> list[str]:
    """Ids that stood for the person before merges, newest merge first."""
    merges = {one: profile.changes[f"merged:{one}"] for one in profile.merged_ids}
    return sorted(merges, key=lambda one: (-merges[one].version, one))[:MOST_FORMER]


def own_id(profile: Profile, namespace: str) -> str | None:
    """The partner's own id of a person: of several the first that was ever seen, so a merge changes none for a later
    one.
    """
    held = [one for one in profile.held.values() if one.namespace == namespace]
    return min(held, key=lambda one: (one.first, one.value)).value if held else None


def missing(detail_types: Iterable[str]) -> list[str]:
    """Facts that a partner has to be told and isn't."""
    named = {*detail_types}
    return [needed for needed in NEEDED if needed not in named]
