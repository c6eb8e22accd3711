"""Facts of membership add up: whoever follows them knows who is in, whatever was merged, split, paused and edited."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.facts import Image, facts
from shared.domain.identifiers import Identifier
from shared.domain.profiles import Profile, merged, sealed
from shared.domain.rebuilding import is_told
from shared.domain.segments.memberships import Segments, segments_of
from shared.domain.splitting import Part, Split, part_of, rest_of
from shared.domain.state import ProfileState
from shared.domain.told import Telling
from shared.domain.traits import Trait
from tests.people import START
from tests.unit.domain.test_segments import segment

CITIES = ("Seoul", "Busan")


@dataclass
class World:
    """People as they are stored, a catalogue's readings, and who is in by the facts."""

    arms: Mapping[str, int]
    readings: list[Segments] = field(default_factory=list)
    people: dict[str, Profile] = field(default_factory=dict)
    followed: dict[str, str] = field(default_factory=dict)
    told: dict[str, int] = field(default_factory=dict)
    writes: int = 0

    def edit(self, city: str, state: str) -> None:
        where = {"trait": "city", "type": "text", "operator": "eq", "value": city}
        one = segment(where, state=state, split=self.arms, version=len(self.readings) + 1)
        self.readings.append(segments_of([one]))

    def read(self, told_by: int, behind: int = 0) -> Segments:
        """By a process that keeps what it read before the last edits, for as long as nobody was told by newer ones."""
        kept = self.readings[-1 - behind % len(self.readings)]
        return kept if kept.version >= told_by else self.readings[-1]

    def write(self, profile: Profile, behind: int = 0) -> None:
        """And follow what is published of it."""
        before, read = self.people.get(profile.id), self.read(profile.told_by, behind)
        self.writes += 1
        written = sealed(profile, START + timedelta(seconds=self.writes), Telling(segments=read))
        self.people[profile.id] = written
        for fact in facts(image(before) if before else None, image(written)):
            if fact.detail_type == "Profile Merged":
                self.followed.pop(fact.data["merged_profile_id"], None)
            elif fact.detail_type.startswith("Segment"):
                assert read.known, "nobody is told of a segment that is paused"
                self.follow(fact.profile_id, fact.detail_type, fact.data.get("arm", ""), fact.sequence)

    def follow(self, profile_id: str, what: str, arm: str, sequence: int) -> None:
        assert sequence > self.told.get(profile_id, 0)
        self.told[profile_id] = sequence
        assert (profile_id in self.followed) is (what == "Segment Exited"), "each is told once"
        self.followed.pop(profile_id, None)
        if what == "Segment Entered":
            self.followed[profile_id] = arm

    def merge(self, winner: Profile, loser: Profile, behind: int) -> None:
        both, _ = merged(winner, loser)
        read = self.read(both.told_by, behind)
        assert read.version >= max(winner.told_by, loser.told_by)
        self.write(both, behind)
        del self.people[loser.id]
        if not read.known:
            assert bool(self.people[winner.id].segments) is bool(winner.segments or loser.segments)

    def split(self, whole: Profile, new_id: str) -> None:
        split = Split("j", "me", "l", whole.id, whole.version, whole.updated_at, "why", (Part(new_id, ("h2",)),))
        part = replace(part_of(whole, split, 1), frozen="", version=0)
        self.write(part)
        self.write(rest_of(whole, split))
        if not self.readings[-1].known:
            assert {one.id: one.segments for one in (self.people[new_id], self.people[whole.id])} == dict.fromkeys(
                (new_id, whole.id), whole.segments
            )

    def backfill(self) -> None:
        for one in list(self.people.values()):
            if not is_told(one, Telling(segments=self.readings[-1]), START):
                self.write(one)


def image(one: Profile) -> Image:
    return Image(one.id, one.version, one.is_merged, one.changes)


def living_in(profile: Profile, city: str) -> Profile:
    traits = {"city": Trait(city, "", "", "", "")}
    return replace(profile, state=ProfileState(traits=traits))


def someone(profile_id: str, city: str) -> Profile:
    return living_in(Profile(profile_id, identifiers={"h1": Identifier("user_id", profile_id)}), city)


N = st.integers(0, 9)
STEPS = st.lists(
    st.tuples(st.sampled_from(("move", "move", "merge", "merge", "split", "edit", "edit", "backfill")), N, N, N),
    max_size=25,
)


@settings(deadline=None, max_examples=300)
@given(STEPS, st.sampled_from(({}, {"a": 1, "b": 1})))
def test_whoever_follows_the_facts_knows_who_is_in(
    steps: list[tuple[str, int, int, int]], arms: Mapping[str, int]
) -> None:
    world = World(arms)
    world.edit(CITIES[0], "live")
    for number in range(3):
        world.write(someone(f"p{number}", CITIES[number % 2]))
    for made, (what, one, other, behind) in enumerate(steps):
        ids = sorted(world.people)
        first, second = world.people[ids[one % len(ids)]], world.people[ids[other % len(ids)]]
        if what == "move":
            world.write(living_in(first, CITIES[other % 2]), behind)
        elif what == "merge" and first.id != second.id:
            world.merge(first, second, behind)
        elif what == "split":
            world.split(first, f"n{made}")
        elif what == "edit":
            world.edit(CITIES[one % 2], ("live", "paused")[other % 2])
        elif what == "backfill":
            world.backfill()
    before = arms_of(world.people)
    world.edit(CITIES[0], "live")
    world.backfill()
    are_in = {one.id for one in world.people.values() if one.state.traits["city"].value == CITIES[0]}
    assert {one.id for one in world.people.values() if one.segments} == are_in == world.followed.keys()
    assert before.items() <= arms_of(world.people).items(), "an arm is for good"
    assert {one: arms_of(world.people).get(one, "") for one in are_in} == world.followed


def arms_of(people: Mapping[str, Profile]) -> dict[str, str]:
    told = {one.id: one.changes["segment:s"].value for one in people.values() if "segment:s" in one.changes}
    return {one: arm for one, value in told.items() if (arm := value.partition(":")[2])}
