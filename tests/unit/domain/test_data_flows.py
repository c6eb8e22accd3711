"""The register of data flows: everything configured and everything delivered, and what doesn't fit together."""

from shared.domain.data_flows import Configured, Flow, Registered, Went, counted, flows_of, register
from shared.domain.destinations import Destination
from shared.domain.profiles import Profile
from shared.domain.purposes import Purpose, purposes_of
from shared.domain.sources import RetentionClass, Source
from shared.domain.state import ProfileState
from shared.domain.traits import Trait

FIRST, LAST = "2026-11-01T00:00:00.000Z", "2026-11-20T00:00:00.000Z"
CITY = "traits.city"
CRM = Destination(
    "crm",
    "CRM",
    "https://crm.example",
    ("Segment Entered",),
    "secret",
    purposes=("ads",),
    traits=("city",),
    identifiers=("email",),
    region="Seoul",
    retention="13 months",
)
CONFIGURED = Configured(
    sources={"web": Source("web", "Web", tracking_plan="shop", retention_class="long"), "app": Source("app", "App")},
    classes={"long": RetentionClass("long", 730)},
    destinations={"crm": CRM, "open": Destination("open", "Open", "https://open.example", (), "secret")},
    purposes=purposes_of([Purpose("ads", {"en": "Advertising"})]),
)


def went(destination_id: str = "crm", source_id: str = "web", field: str = CITY, count: int = 3) -> Went:
    return Went(destination_id, Flow(source_id, field), count, FIRST, LAST, purposes=("old",))


def row(one: Went, configured: Configured = CONFIGURED) -> Registered:
    return next(r for r in register(configured, [one]) if r.count and r.flow == one.flow)


def test_a_flow_as_it_is_configured_says_what_for_where_and_how_long() -> None:
    assert row(went()) == Registered(
        destination_id="crm",
        flow=Flow("web", CITY),
        purposes=("ads",),
        bases=("consent",),
        region="Seoul",
        retention="13 months",
        kept_days=730,
        count=3,
        first=FIRST,
        last=LAST,
    )


def test_what_may_go_and_never_went_is_there_too() -> None:
    unseen = {one.flow.field for one in register(CONFIGURED, [went()]) if not one.count}
    assert unseen == {"facts.Segment Entered", "identifiers.email"}
    off = Configured(destinations={"crm": Destination("crm", "", "", ("Segment Entered",), "", state="disabled")})
    assert register(off, []) == []


def test_what_went_and_isn_t_declared_says_why_and_comes_first() -> None:
    cases = {
        went("gone"): ("destination_unknown",),
        went(field="traits.salary"): ("field_not_configured",),
        went(source_id="app"): ("no_tracking_plan",),
        went(source_id="gone"): ("source_unknown",),
        went("open"): ("field_not_configured", "no_purpose"),
    }
    for one, why in cases.items():
        assert row(one).undeclared == why, why
    assert row(went("gone")).purposes == ("old",), "as of the last delivery"
    rows = register(CONFIGURED, [went(), *cases])
    stands_out = [bool(one.undeclared) for one in rows]
    assert stands_out == sorted(stands_out, reverse=True)


def test_a_purpose_that_nobody_declared_stands_out() -> None:
    assert row(went(), Configured(CONFIGURED.sources, destinations={"crm": CRM})).undeclared == ("purpose_unknown",)


def test_a_payload_flows_out_of_the_sources_that_filled_it_and_a_batch_is_added_up() -> None:
    trait = Trait("Seoul", FIRST, "m1", "A#1|x#m1", "web")
    profile = Profile("p1", state=ProfileState(traits={"city": trait}))
    told = {"identifiers": {"email": ["jane@example.com"]}, "traits": {"city": "Seoul", "gone": 1}}
    flows = flows_of("Segment Entered", told, profile)
    anywhere = ("facts.Segment Entered", "identifiers.email", "traits.gone")
    assert set(flows) == {Flow("web", CITY), *(Flow("", name) for name in anywhere)}
    assert "Seoul" not in str(flows)
    assert "jane" not in str(flows)
    twice = counted(("crm", flow, 1) for flow in flows * 2)
    assert twice == {("crm", "web"): {CITY: 2}, ("crm", ""): dict.fromkeys(anywhere, 2)}
