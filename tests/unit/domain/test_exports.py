"""What an export tells of consent."""

from shared.domain.exports import consents
from shared.domain.purposes import NONE_DECLARED, Purpose, purposes_of
from tests.people import NOW, Cdp, make_event


def test_who_named_no_category_at_all_is_told_by_each_purpose_that_it_refused() -> None:
    context = {"consent": {"categoryPreferences": {}}}
    person = Cdp().take([make_event({"userId": "u1", "context": context})]).live[0]
    declared = purposes_of([Purpose("ads", {"en": "Ads"}, signals=("Advertising",)), Purpose("mail", {"en": "Mail"})])
    told = [(row["purpose"], row["signal"], row["stands"], row["decision"]) for row in consents(person, declared, NOW)]
    assert told == [("ads", "*", "refused", "refused"), ("mail", "*", "refused", "refused")]
    [row] = consents(person, NONE_DECLARED, NOW)
    assert (row["purpose"], row["stands"]) == ("*", "refused")
