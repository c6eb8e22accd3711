"""What Segment and RudderStack let through, row by row as they document it, and where we are stricter.

Sources: "Reconcile consent object and integrations object conflicts" of Segment's documentation, and the rules of
rudder-server's consent filter. `integrations` say how one event is routed; we deliver facts about people, to whom the
configuration says, so that column narrows Segment's answer alone.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import pytest

from shared.domain.purposes import NONE_DECLARED, Purpose, purposes_of
from shared.domain.standing import permits, standings
from shared.domain.state import ProfileState, fold
from tests.people import NOW, hashes_of, make_event

STRICTER = "stricter: nobody was asked, so nothing is permitted"
ROUTING = "`integrations` route one event, and aren't consent"
UNMAPPED = {"crm"}
AD = {"facebook": ("ad",), "google-ads": ("ad",), "amplitude": ("analytics",)}
BOTH = {"facebook": ("ad", "analytics"), "google-ads": ("ad",), "amplitude": ("analytics",)}


class Row(NamedTuple):
    """`theirs` and `ours` are the destinations that get data, `why` says where the two differ."""

    context: Mapping[str, Any]
    mapped: Mapping[str, tuple[str, ...]]
    integrations: Mapping[str, bool]
    theirs: set[str]
    ours: set[str]
    why: str = ""


def prefers(**categories: bool) -> dict[str, Any]:
    return {"consent": {"categoryPreferences": categories}}


FB, NOT_AMPLITUDE = {"facebook": True, "amplitude": False}, {"facebook", "google-ads"}
SEGMENT = (
    Row({}, AD, {}, {*AD, *UNMAPPED}, UNMAPPED, STRICTER),
    Row(prefers(), AD, {}, UNMAPPED, UNMAPPED),
    Row({}, AD, FB, {"facebook"}, UNMAPPED, f"{STRICTER}; {ROUTING}"),
    Row(prefers(), AD, FB, UNMAPPED, UNMAPPED),
    Row(prefers(ad=True, analytics=False), {}, {}, UNMAPPED, UNMAPPED),
    Row(prefers(ad=True, analytics=False), AD, {}, NOT_AMPLITUDE | UNMAPPED, NOT_AMPLITUDE | UNMAPPED),
    Row(prefers(ad=True, analytics=False), AD, FB, NOT_AMPLITUDE | UNMAPPED, NOT_AMPLITUDE | UNMAPPED),
    Row(
        prefers(ad=True, analytics=False),
        AD,
        {"facebook": False, "amplitude": False},
        {"google-ads", *UNMAPPED},
        NOT_AMPLITUDE | UNMAPPED,
        ROUTING,
    ),
    Row(prefers(ad=True, analytics=False), BOTH, FB, {"google-ads", *UNMAPPED}, {"google-ads", *UNMAPPED}),
    Row(prefers(ad=True, analytics=True), BOTH, FB, NOT_AMPLITUDE | UNMAPPED, {*BOTH, *UNMAPPED}, ROUTING),
    Row(prefers(ad=False, analytics=True), BOTH, FB, UNMAPPED, {"amplitude", *UNMAPPED}, ROUTING),
)


def permitted(needed: tuple[str, ...], *contexts: Mapping[str, Any]) -> bool:
    """Whether all of these purposes are, after events with these contexts, a day apart."""
    state = ProfileState()
    for day, context in enumerate(contexts):
        event = make_event({"userId": "u1", "event": "Seen", "context": context}, day)
        state = fold(state, event, hashes_of(event))
    found = standings(state.consent, state.links, NONE_DECLARED, NOW)
    return all(permits(NONE_DECLARED.get(purpose), found.get(purpose)) for purpose in needed)


def allowed(row: Row) -> set[str]:
    return {name for name in (*row.mapped, *UNMAPPED) if permitted(row.mapped.get(name, ()), row.context)}


@pytest.mark.parametrize("row", SEGMENT, ids=range(1, len(SEGMENT) + 1))
def test_segments_table_holds_or_we_say_where_we_differ(row: Row) -> None:
    assert allowed(row) == row.ours
    assert (row.ours == row.theirs) is not bool(row.why)


@pytest.mark.parametrize("row", SEGMENT, ids=range(1, len(SEGMENT) + 1))
def test_by_consent_alone_we_let_through_nothing_that_segment_does_not(row: Row) -> None:
    """By its own rule: with preferences every category of a destination must be true, without any all flow."""
    preferences = row.context.get("consent", {}).get("categoryPreferences")
    theirs = {
        name
        for name in (*row.mapped, *UNMAPPED)
        if preferences is None or all(preferences.get(one) is True for one in row.mapped.get(name, ()))
    }
    assert allowed(row) <= theirs


@pytest.mark.parametrize(
    ("contexts", "theirs", "ours", "why"),
    [
        ((prefers(ad=True),), True, True, ""),
        ((prefers(ad=True), {}), True, True, ""),
        ((prefers(ad=True), {"consent": {}}), True, True, ""),
        ((prefers(ad=True), prefers()), False, False, ""),
        ((prefers(ad=True), prefers(), prefers(ad=True)), True, True, ""),
        ((prefers(ad=True), prefers(analytics=True)), False, True, "other sources name other categories"),
        ((prefers(analytics=True),), False, False, ""),
    ],
)
def test_segments_profile_keeps_the_latest_preferences(
    contexts: tuple[Mapping[str, Any], ...], theirs: bool, ours: bool, why: str
) -> None:
    assert permitted(("ad",), *contexts) is ours
    assert (theirs is ours) is not bool(why)


def test_no_category_at_all_refuses_a_purpose_that_is_permitted_without_a_decision() -> None:
    event = make_event({"userId": "u1", "event": "Seen", "context": prefers()})
    state = fold(ProfileState(), event, hashes_of(event))
    site, other = (Purpose(one, {}, default="opt_out", signals=(s,)) for one, s in (("site", "Site"), ("tcf", "tcf:1")))
    found = standings(state.consent, state.links, purposes_of([site, other]), NOW)
    assert [permits(one, found.get(one.id)) for one in (site, other)] == [False, True]


def says(allow: tuple[str, ...], deny: tuple[str, ...], strategy: str = "and") -> dict[str, Any]:
    lists = {"allowedConsentIds": [*allow], "deniedConsentIds": [*deny]}
    return {"consentManagement": {"provider": "oneTrust", "resolutionStrategy": strategy, **lists}}


ALL_NEEDED = "stricter: a destination needs every one of its purposes"


@pytest.mark.parametrize(
    ("context", "needed", "theirs", "ours", "why"),
    [
        ({}, ("C1",), True, False, STRICTER),
        (says((), ()), ("C1",), True, False, STRICTER),
        (says(("C1",), ()), ("C1",), True, True, ""),
        (says(("C1",), ()), (), True, True, ""),
        (says(("C1",), ("C2",)), (), True, True, ""),
        (says(("C1",), ("C2",)), ("C1",), True, True, ""),
        (says(("C1",), ("C2",)), ("C2",), False, False, ""),
        (says(("C1",), ("C2",)), ("C1", "C2"), False, False, ""),
        (says(("C1",), ("C2",), "or"), ("C1", "C2"), True, False, ALL_NEEDED),
        (says((), ("C1", "C2"), "or"), ("C1", "C2"), False, False, ""),
        (says((), ("C2",)), ("C1",), True, False, STRICTER),
        (says((), ("c1",)), ("C1",), True, False, STRICTER),
        (says(("C1",), ("c1",)), ("C1",), True, True, ""),
        (says(("C1",), ("C1",)), ("C1",), False, False, ""),
        (says(("", "C1"), ("",)), ("C1",), True, True, ""),
    ],
)
def test_rudderstacks_rules_hold_or_we_say_where_we_are_stricter(
    context: Mapping[str, Any], needed: tuple[str, ...], theirs: bool, ours: bool, why: str
) -> None:
    assert permitted(tuple(f"rudder:{one}" for one in needed), context) is ours
    assert (theirs is ours) is not bool(why)
    assert theirs or not ours
