"""What a profile counts: each kind of event under a name of its own, whatever clients call theirs."""

import pytest

from shared.domain.state import ProfileState, fold
from tests.people import make_event

NAMES = ("$identify", "$$identify", "$page", "page", "$pageview", "segment:bought_once", "consent:Ads", "created")


@pytest.mark.parametrize("name", NAMES)
def test_a_track_event_never_adds_to_the_count_of_another_type_or_name(name: str) -> None:
    state = fold(ProfileState(), make_event({"type": "identify", "userId": "u1"}), ())
    state = fold(state, make_event({"type": "page", "userId": "u1"}), ())
    for other in NAMES:
        state = fold(state, make_event({"event": other, "userId": "u1"}), ())
    state = fold(state, make_event({"event": name, "userId": "u1"}, days=1), ())
    assert sorted(tally.total for tally in state.events.values()) == [1] * (len(NAMES) + 1) + [2]
    assert (state.events["$identify"].total, state.events["$page"].total) == (1, 1)
