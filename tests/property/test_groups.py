"""What is known of groups is the same for any order, repetition and batching of events."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.events import Event
from shared.domain.groups import Group, groups_of, united
from tests.people import make_event

EVENTS = st.lists(
    st.builds(
        lambda who, group, name, value, day, number, is_call: make_event(
            {"type": "group", "groupId": group, "traits": {name: value}, "userId": who}
            if is_call
            else {"event": "Seen", "userId": who, "context": {"groupId": group}},
            day,
            f"m{number}",
        ),
        st.sampled_from(["u1", "u2", "u3"]),
        st.sampled_from(["acme", " ACME", "한옥", "null", ""]),
        st.sampled_from(["plan", "seats"]),
        st.integers(0, 3),
        st.integers(0, 3),
        st.integers(0, 5),
        st.booleans(),
    ),
    max_size=12,
)


def by_batches(batches: Sequence[Sequence[Event]]) -> dict[str, Group]:
    known: dict[str, Group] = {}
    for batch in batches:
        for group_id, said in groups_of(batch).items():
            known[group_id] = united(known[group_id], said) if group_id in known else said
    return known


@given(EVENTS, st.randoms(use_true_random=False))
def test_neither_order_nor_repetition_nor_batching_matters(events: list[Event], draw: st.DrawFn) -> None:
    again = [*events, *events[: len(events) // 2]]
    draw.shuffle(again)  # type: ignore[attr-defined]
    cut = draw.randint(0, len(again))  # type: ignore[attr-defined]
    known = by_batches([again[:cut], again[cut:]])
    # Of one event time and messageId only one event is stored: which of two values stands depends on nothing else.
    assert {i: (set(g.traits), g.members) for i, g in known.items()} == {
        i: (set(g.traits), g.members) for i, g in by_batches([events]).items()
    }
    assert {i: {n: t.order for n, t in g.traits.items()} for i, g in known.items()} == {
        i: {n: t.order for n, t in g.traits.items()} for i, g in by_batches([events]).items()
    }
    assert not known.keys() & {"null", ""}
