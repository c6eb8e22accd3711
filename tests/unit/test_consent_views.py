"""What the profile API tells of consent."""

from functions.read_profiles.views import decisions_view
from shared.domain.purposes import Purpose
from tests.people import Cdp, make_event


def test_a_refusal_of_every_category_is_told_as_the_decision_behind_each_purpose_it_refuses() -> None:
    context = {"consent": {"categoryPreferences": {}}}
    person = Cdp().take([make_event({"userId": "u1", "context": context})]).live[0]
    by_category, by_tcf = Purpose("ads", {}, signals=("Advertising",)), Purpose("site", {}, signals=("tcf:1",))
    assert [one.state for one in decisions_view(person, by_category, None)] == ["refused"]
    assert decisions_view(person, by_tcf, None) == []
