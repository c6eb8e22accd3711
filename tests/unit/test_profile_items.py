"""Items of profiles: packed or plain they say the same, and what is broken is told by name."""

from base64 import b64encode
from dataclasses import replace
from typing import Any

import pytest

from functions.publish_changes.images import images_of
from shared.aws.dynamo import to_attributes
from shared.domain.identifiers import Identifier
from shared.domain.profiles import Change, Profile
from shared.domain.state import ProfileState
from shared.domain.traits import Trait
from shared.stores.profile_items import TOGETHER, plain, profile_item, size_of, to_part, to_profile
from shared.stores.spoiled import profile_in

AT = "2026-11-22T09:00:00.000Z"
SAID = "two lines\nof 한국어 \x00 \x85 \u2028 " * 40
PERSON = Profile(
    "p1",
    version=7,
    created_at=AT,
    updated_at=AT,
    identifiers={"h1": Identifier("user_id", "u\n1")},
    state=ProfileState(traits={"note": Trait(SAID, AT, "m1", "A#h1|s", "src_web")}),
    recent={"h1": {"2026-11-22T09": bytes(range(8))}},
    changes={"created": Change("yes", 1, AT), "trait:note": Change("", 7, AT)},
    frozen="held",
    declared="asked for 12ab34cd",
)


def stored(profile: Profile) -> dict[str, Any]:
    item = profile_item(profile, "live", None, None)
    return {name: value for name, value in item.items() if value is not None}


@pytest.mark.parametrize("person", [PERSON, replace(PERSON, declared="")])
def test_a_packed_profile_says_all_that_it_said_and_counts_as_large_as_before(person: Profile) -> None:
    item = stored(person)
    assert "packed" in item
    assert not item.keys() & set(TOGETHER)
    assert to_profile(item) == replace(person, size=size_of(plain(item)))
    assert size_of(plain(item)) > 2 * size_of(item)
    assert to_part(item) == Profile("p1", identifiers=person.identifiers, state=person.state)


def test_a_small_profile_stays_readable() -> None:
    small = replace(PERSON, state=ProfileState())
    assert plain(stored(small)) == stored(small)
    assert to_profile(stored(small)).state == ProfileState()


@pytest.mark.parametrize("broken", [b"", b"\x03broken", stored(PERSON)["packed"][:-9]])
def test_of_a_broken_one_each_attribute_is_told_and_the_others_are_read(broken: bytes) -> None:
    read, names = profile_in({**stored(PERSON), "packed": broken}).read, set(TOGETHER)
    assert set(profile_in({**stored(PERSON), "packed": broken}).broken) == names
    assert (read.version, read.recent, read.frozen, read.state) == (7, PERSON.recent, "held", ProfileState())


def test_images_of_the_stream_are_read_packed_or_not() -> None:
    """Streams bring bytes as base64."""
    after = to_attributes(stored(PERSON))
    after["packed"] = {"B": b64encode(after["packed"]["B"]).decode()}
    before = to_attributes(stored(replace(PERSON, version=6, state=ProfileState())))
    keys = {"pk": {"S": "P#p1"}, "sk": {"S": "P"}}
    found = images_of({"dynamodb": {"Keys": keys, "OldImage": before, "NewImage": after}})
    assert [(image.version, image.changes) for image in found or () if image] == [
        (6, PERSON.changes),
        (7, PERSON.changes),
    ]
