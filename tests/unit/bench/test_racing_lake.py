"""The people that previews are raced over: each a profile that can be read, none like another."""

from bench.racing.lake import TEMPLATES, _items, _profile
from shared.stores.profile_items import profile_item, to_profile


def test_each_person_is_made_of_a_template_whose_state_is_packed() -> None:
    made = profile_item(_profile(0), "live", None, None)
    template = {name: value for name, value in made.items() if value is not None}
    assert "packed" in template
    people = [to_profile(item) for item in _items([template] * TEMPLATES, range(11))]
    assert [person.state.traits["city"].value for person in people[::10]] == ["Seoul", "Seoul"]
    assert len({person.state.traits["name"].value for person in people}) == len(people)
