"""Everybody of a stage is read once, in as many segments as there are, and merged people not at all."""

from dataclasses import replace

import pytest

from shared.aws.dynamo import put_items
from shared.domain.profiles import Change, Profile
from shared.domain.state import ProfileState
from shared.domain.traits import Trait
from shared.stores import profile_items as items
from shared.stores.membership_scan import Member, MembershipScan
from shared.stores.profile_scan import ProfileScan
from shared.stores.tables import PROFILES
from tests.contract.conftest import Dynamo

PEOPLE = [
    Profile(f"p{number:04}", 1, created_at="2026-11-21T09:30:00.000Z", updated_at="2026-11-21T09:30:00.000Z")
    for number in range(60)
]


def put(dynamo: Dynamo, *profiles: Profile) -> None:
    found = [items.profile_item(profile, "live", None, None) for profile in profiles]
    put_items(dynamo.table(PROFILES), found)


@pytest.mark.parametrize("segments", [1, 4])
def test_everybody_who_is_live_is_read_once_over_any_number_of_pages(dynamo: Dynamo, segments: int) -> None:
    large = "x" * 60_000  # a page of a scan holds 1 MB
    put(dynamo, *(replace(profile, state=ProfileState(last_seen=large)) for profile in PEOPLE))
    put(dynamo, Profile("p9999", 2, "p0001", "2026-11-21T09:30:00.000Z", "2026-11-21T09:30:00.000Z"))
    found = list(ProfileScan(dynamo.table(PROFILES)).known(segments))
    assert sorted(profile.id for profile in found) == [profile.id for profile in PEOPLE]
    assert {profile.state.last_seen for profile in found} == {large}


def test_an_empty_table_has_nobody(dynamo: Dynamo) -> None:
    assert list(ProfileScan(dynamo.table(PROFILES)).known()) == []


def test_standing_says_who_is_merged_and_what_keeps_apart(dynamo: Dynamo) -> None:
    kept = Profile("p0001", 1, None, "now", "now", apart={"link": ("a",)})
    put(dynamo, kept, Profile("p0002", 2, "p0001", "now", "now"))
    found = ProfileScan(dynamo.table(PROFILES)).standing(["p0001", "p0002", "p0003"])
    assert found == {
        "p0001": Profile("p0001", apart={"link": ("a",)}),
        "p0002": Profile("p0002", merged_into="p0001"),
    }


def test_members_are_found_whether_their_items_are_packed_or_not(dynamo: Dynamo) -> None:
    at = "2026-11-21T09:30:00.000Z"
    inside, out = {"segment:vip": Change("in:b", 1, at)}, {"segment:vip": Change("out", 2, at)}
    long = {"note": Trait("x" * 2_000, at, "m", "k", "s")}
    alike = {**long, "segment:vip": Trait("in", at, "m", "k", "s")}  # its JSON begins as that of a member's change
    by_id = {"small": (inside, {}), "large": (inside, long), "left": (out, long), "never": ({}, alike)}
    people = {i: replace(PEOPLE[0], id=i, changes=c, state=ProfileState(traits=t)) for i, (c, t) in by_id.items()}
    put(dynamo, *people.values())
    found, after = MembershipScan(dynamo.table(PROFILES)).page("vip", 10, None)
    assert (sorted(found), after) == ([Member("large", at, "b"), Member("small", at, "b")], None)
