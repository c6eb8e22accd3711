"""Countries and ages are read of whatever clients say, and nothing they say breaks off."""

from datetime import date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.countries import CODES
from shared.domain.places import country_of, is_below, unknown_ages, unknown_countries
from tests.people import Cdp, make_event

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**400), 10**400) | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.just("country") | st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=4,
)


@given(traits=st.dictionaries(st.sampled_from(["country", "address", "birthday", "age"]), ANYTHING, max_size=4))
@settings(max_examples=100)
def test_whatever_is_said_of_a_place_or_an_age_is_read_without_breaking_off(traits: dict[str, Any]) -> None:
    event = make_event({"type": "identify", "userId": "u1", "traits": traits, "context": {"location": traits}})
    notes = {*unknown_countries(event), *unknown_ages(event)}
    assert all(note.count(":") == 1 for note in notes)
    state = Cdp().take([event]).live[0].state
    assert country_of(state) in {"", *CODES}
    assert is_below(state, 14, date(2026, 11, 22)) in (True, False)
