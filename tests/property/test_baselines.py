"""What expired events added up to is neither lost nor counted twice, whenever sweeps run, repeat and race."""

from dataclasses import dataclass, field
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.baselines import (
    Baseline,
    BaselineKey,
    StoredEvent,
    is_covered,
    key_of,
    keys_of,
    own_events,
    own_states,
    swept,
)
from shared.domain.profiles import Profile
from shared.domain.rebuilding import rebuilt
from shared.domain.stitching import People
from tests.computing import EVERY
from tests.people import NOW, Cdp
from tests.property.test_profiles import histories

SHORTEST, AHEAD = 5, 3
"""In ticks of the test's clock, as MIN_DAYS and DAYS_AHEAD are in days."""


@dataclass
class Retention:
    """A CDP whose events expire. A sweep reads, and writes later: in between anything may happen."""

    cdp: Cdp = field(default_factory=lambda: Cdp(declared=EVERY))
    clock: int = 0
    stored: dict[str, StoredEvent] = field(default_factory=dict)
    baselines: dict[BaselineKey, Baseline] = field(default_factory=dict)
    unwritten: list[tuple[dict[BaselineKey, Baseline], dict[BaselineKey, Baseline]]] = field(default_factory=list)

    def read_for_a_sweep(self, anchors: set[str], until: int) -> None:
        people = self.cdp.people.copy()
        before = {key: self.baselines[key] for key in keys_of(people, anchors) if key in self.baselines}
        events = [one for one in self.stored.values() if one.event.anchor in anchors]
        changed = swept(people, before, self.cdp.demoted, events, until, EVERY)
        assert not (changed and is_covered(before, keys_of(people, anchors), until))
        self.unwritten.append((before, changed))

    def write_a_sweep(self) -> None:
        before, changed = self.unwritten.pop(0)
        for key, baseline in changed.items():
            if self.baselines.get(key) == before.get(key):  # the write's condition
                self.baselines[key] = baseline

    def is_covered(self, one: StoredEvent) -> bool:
        key = key_of(self.cdp.people, one.event)
        return is_covered(self.baselines, [key], one.expires_at)

    def rebuilt(self, profile: Profile) -> Profile:
        people: People = self.cdp.people
        baselines = {k: self.baselines[k] for k in keys_of(people, profile.identifiers.keys()) if k in self.baselines}
        events = [one for one in self.stored.values() if one.event.anchor in profile.identifiers]
        own = own_events(people, profile, baselines, self.cdp.demoted, events)
        return rebuilt(profile, own, NOW, own_states(people, profile, baselines), EVERY)


@settings(max_examples=400, deadline=None)
@given(histories(), st.data())
def test_a_profile_equals_its_rebuild_however_its_events_expire(events: list[Any], data: Any) -> None:
    kept = Retention()
    for event in events:
        kept.cdp.take([event])
        kept.stored[event.key] = StoredEvent(event, kept.clock + data.draw(st.integers(SHORTEST, 12)))
        for step in data.draw(st.lists(st.sampled_from(["read", "read", "write", "wait", "expire"]), max_size=4)):
            if step == "read":
                anchors = {one.event.anchor or "" for one in kept.stored.values() if data.draw(st.booleans())}
                kept.read_for_a_sweep(anchors, kept.clock + data.draw(st.integers(0, AHEAD)))
            elif step == "write" and kept.unwritten:
                kept.write_a_sweep()
            elif step == "wait":
                kept.clock += data.draw(st.integers(1, 4))
            elif step == "expire":  # when DynamoDB comes round to it
                due = [k for k, one in kept.stored.items() if one.expires_at <= kept.clock and kept.is_covered(one)]
                for key in due:
                    del kept.stored[key]
        for profile in kept.cdp.live:
            assert kept.rebuilt(profile) == profile
