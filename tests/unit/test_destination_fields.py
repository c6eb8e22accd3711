"""What of a person goes along to a destination, and under which names."""

from shared.destinations.fields import fields_for
from shared.destinations.payload import event_type
from shared.domain.destinations import Destination
from shared.domain.facts import DetailType
from shared.domain.identifiers import Identifier
from shared.domain.profiles import Profile
from shared.domain.state import ProfileState
from tests.people import Cdp, make_event


def destination(**rest: tuple[str, ...]) -> Destination:
    return Destination("d", "d", "https://x.example/", ("Segment Entered",), "secret", **rest)  # type: ignore[arg-type]


def test_nothing_goes_along_that_the_destination_does_not_name() -> None:
    traits = {"email": "jane@example.com", "city": "Seoul"}
    (profile,) = Cdp().take([make_event({"type": "identify", "userId": "u1", "traits": traits})]).live
    assert fields_for(destination(), profile) == {}
    assert fields_for(destination(traits=("city", "plan")), profile) == {"traits": {"city": "Seoul"}}
    assert fields_for(destination(identifiers=("email", "phone")), profile) == {
        "identifiers": {"email": ["jane@example.com"]}
    }


def test_of_many_identifiers_the_newest_twenty_go_along() -> None:
    held = {f"h{n}": Identifier("email", f"{n:02d}@example.com") for n in range(1, 26)}
    state = ProfileState(seen={f"h{n}": ("2026-01-01", f"2026-02-{n:02d}") for n in range(1, 26)})
    found = fields_for(destination(identifiers=("email",)), Profile("p1", identifiers=held, state=state))
    assert found["identifiers"]["email"] == [f"{n:02d}@example.com" for n in range(25, 5, -1)]


def test_types_are_dotted_as_the_standard_asks() -> None:
    entered: DetailType = "Segment Entered"
    assert event_type(entered) == "segment.entered"
