"""A contact is an event that names the person it was with."""

import pytest

from shared.domain.contacts import contact_event
from shared.domain.identifiers import ORDER, Identifier, of_event

_VALUES = {"email": "jane@example.com", "phone": "+821012345678"}


@pytest.mark.parametrize("namespace", [*ORDER, "crm"])
def test_a_contact_names_its_person_whatever_their_highest_identifier_is(namespace: str) -> None:
    named = Identifier(namespace, _VALUES.get(namespace, "x-1"))
    event = contact_event(named, "m1", "2026-11-21T09:30:00.000Z", {"channel": "phone"})
    assert of_event(event) == (named,)
    assert (event["type"], event["event"], event["messageId"]) == ("track", "Contact Logged", "m1")
