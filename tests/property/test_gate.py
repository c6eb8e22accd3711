"""Whatever was decided, whenever, under whichever pack: nothing goes out that some purpose doesn't permit."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.consent import Decision, later
from shared.domain.consenting import Consenting
from shared.domain.destinations import Destination
from shared.domain.gate import Permitted, passage
from shared.domain.policy_packs import SHIPPED, packs_of
from shared.domain.purposes import Purpose, purposes_of
from shared.domain.refusals import Refusals, heeded
from shared.domain.standing import permits, standings
from shared.domain.state import ProfileState
from shared.domain.times import to_text
from shared.domain.traits import Trait

START = datetime(2026, 11, 21, tzinfo=UTC)
IDS = ("ads", "profiling", "site")
ANCHORS = ("a", "b")
times = st.integers(-40_000, 3_000).map(lambda hours: START + timedelta(hours=hours))
purposes = st.builds(
    Purpose,
    id=st.sampled_from(IDS),
    name=st.just({"en": "x"}),
    channel=st.sampled_from(["", "email", "sms", "ads"]),
    basis=st.sampled_from(["consent", "legitimate_interests", "contract"]),
    default=st.sampled_from(["opt_in", "opt_out"]),
    is_advertising=st.booleans(),
    valid_months=st.sampled_from([0, 1, 24]),
    reconfirm_months=st.sampled_from([0, 12]),
    traits=st.sampled_from([(), ("plan",)]),
    state=st.sampled_from(["live", "live", "disabled"]),
)
declared = st.lists(purposes, max_size=3, unique_by=lambda one: one.id).map(purposes_of)
decisions = st.builds(
    Decision,
    state=st.sampled_from(["granted", "granted", "refused", "withdrawn"]),
    time=times.map(to_text),
    message_id=st.sampled_from(["m1", "m2"]),
    source_id=st.just("s"),
)
said = st.dictionaries(
    st.sampled_from(ANCHORS), st.dictionaries(st.sampled_from([*IDS, "guardian:ads"]), decisions), max_size=2
)
countries = st.sampled_from(["", "KR", "DE", "US", "BR"])
ages = st.sampled_from([None, 13, 14])
wanted = st.lists(st.sampled_from([*IDS, "nobody's"]), max_size=3, unique=True).map(
    lambda ids: Destination("d", "D", "https://d.example", (), "s", tuple(ids), ("plan",))
)
refusals = st.dictionaries(
    st.sampled_from(ANCHORS), st.dictionaries(st.sampled_from(IDS), times.map(to_text)), max_size=2
)


@st.composite
def people(draw: st.DrawFn) -> Consenting:
    traits = {"country": draw(countries), "age": draw(ages), "plan": "gold"}
    kept = {name: Trait(value, "", "", "", "") for name, value in traits.items()}
    links = {"a|b": to_text(draw(times))} if draw(st.booleans()) else {}
    state = ProfileState(consent=draw(said), links=links, traits=kept)
    return Consenting(state, draw(declared), packs_of({}), draw(times))


def permitted(person: Consenting, purpose_id: str) -> bool:
    """By what is folded and configured alone, straight from the domain."""
    country = person.state.traits["country"].value
    pack = next((one for one in SHIPPED if country in one.countries), None)
    purpose = person.purposes.by_id.get(purpose_id)
    if purpose is None:
        return False
    found = standings(person.state.consent, person.state.links, person.purposes, person.at)
    default = pack.default if pack else None
    return permits(purpose, found.get(purpose_id), default)


@given(person=people(), asked=wanted)
@settings(max_examples=300)
def test_nothing_goes_out_but_what_every_purpose_permits(person: Consenting, asked: Destination) -> None:
    found = passage(asked, person)
    if isinstance(found, Permitted):
        assert all(permitted(person, one) for one in asked.purposes)
        of_plan = [one.id for one in person.purposes.by_id.values() if "plan" in one.traits]
        assert "plan" in found.withheld or all(permitted(person, one) for one in of_plan)


@given(person=people(), asked=wanted, more=said)
@settings(max_examples=300)
def test_while_behind_nothing_goes_out_that_what_is_to_come_withholds(
    person: Consenting, asked: Destination, more: dict[str, dict[str, Decision]]
) -> None:
    folded = {anchor: dict(by_signal) for anchor, by_signal in person.state.consent.items()}
    for anchor, by_signal in more.items():
        for signal, decision in by_signal.items():
            given_there = folded.setdefault(anchor, {})
            given_there[signal] = later(given_there.get(signal), decision)
    as_folded = passage(asked, replace(person, state=replace(person.state, consent=folded)))
    found = passage(asked, person, is_behind=True)
    if isinstance(found, Permitted):
        assert isinstance(as_folded, Permitted)
        assert {*as_folded.withheld} <= {*found.withheld}


@given(person=people(), asked=wanted, heard=refusals)
@settings(max_examples=300)
def test_a_refusal_that_was_heard_never_widens(person: Consenting, asked: Destination, heard: Refusals) -> None:
    stricter = replace(person, state=replace(person.state, consent=heeded(person.state.consent, heard)))
    found, before = passage(asked, stricter), passage(asked, person)
    if isinstance(found, Permitted):
        assert isinstance(before, Permitted)
        assert {*before.withheld} <= {*found.withheld}
