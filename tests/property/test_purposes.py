"""Whatever is declared: to disable a purpose lets nothing out that stayed at home before."""

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.consent import EVERY_CATEGORY, Decision
from shared.domain.consenting import Consenting
from shared.domain.destinations import Destination
from shared.domain.gate import Permitted, passage
from shared.domain.places import Said
from shared.domain.policy_packs import packs_of
from shared.domain.purposes import Purpose, purposes_of
from shared.domain.state import ProfileState

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
IDS = ("ads", "mail", "site")
SIGNALS = (*IDS, "Advertising", "gpc", "tcf:1", EVERY_CATEGORY)
TRAITS = ("city", "plan", "income")

a_purpose = st.builds(
    Purpose,
    id=st.just(""),
    name=st.just({}),
    basis=st.sampled_from(["consent", "contract", "legitimate_interests"]),
    default=st.sampled_from(["opt_in", "opt_out"]),
    is_advertising=st.booleans(),
    signals=st.lists(st.sampled_from(["Advertising", "gpc", "tcf:1"]), max_size=2).map(tuple),
    traits=st.lists(st.sampled_from(TRAITS), max_size=2).map(tuple),
)
declared_ones = st.lists(a_purpose, min_size=3, max_size=3).map(
    lambda made: [replace(one, id=name) for one, name in zip(made, IDS, strict=True)]
)
a_decision = st.builds(
    Decision,
    state=st.sampled_from(["granted", "refused", "withdrawn"]),
    time=st.sampled_from(["2026-11-01T00:00:00.000Z", "2026-11-02T00:00:00.000Z"]),
    message_id=st.just("m"),
    source_id=st.just("s"),
)
given_ones = st.dictionaries(st.sampled_from("ab"), st.dictionaries(st.sampled_from(SIGNALS), a_decision, max_size=3))
countries = st.sampled_from(["", "US", "KR", "DE"])


def asked(declared: list[Purpose], state: ProfileState, to: Destination) -> frozenset[str] | None:
    """The traits that leave; None where nothing does."""
    found = passage(to, Consenting(state, purposes_of(declared), packs_of({}), NOW))
    return frozenset(to.traits) - {*found.withheld} if isinstance(found, Permitted) else None


@given(declared_ones, given_ones, countries, st.sets(st.sampled_from(IDS)), st.sampled_from(IDS))
@settings(max_examples=100)
def test_disabling_a_purpose_lets_nothing_out_that_stayed_at_home_before(
    declared: list[Purpose], decisions: dict[str, dict[str, Decision]], country: str, needed: set[str], off: str
) -> None:
    place = {"country": Said("2026-11-01T00:00:00.000Z", country)} if country else {}
    state = ProfileState(consent=decisions, place=place, links={"a|b": "2026-11-01T12:00:00.000Z"})
    to = Destination("crm", "CRM", "https://crm.example", (), "s", tuple(sorted(needed)), TRAITS)
    before = asked(declared, state, to)
    after = asked([replace(one, state="disabled") if one.id == off else one for one in declared], state, to)
    assert after is None or (before is not None and after <= before)
