"""Of the lake, DuckDB tells whom events name, and which identifiers they connect, as the domain does."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from cli.lake_identity import NAMED, NAMING, Staged
from shared.domain.events import Event
from shared.domain.identifiers import of_event
from shared.domain.identity_dry_run import decide_all
from shared.domain.identity_rules import IdentityRules
from shared.lake.columns import Column, declared
from shared.lake.rows import body_of, row_of
from shared.lake.scratch import scratch
from tests.dry_runs import held
from tests.people import make_event
from tests.property.test_identity_dry_run import histories, rules, seen

ROW = tuple(
    Column(name, "VARCHAR", "")
    for name in ("type", "message_id", "name", "user_id", "anonymous_id", "properties", "traits", "context", "other")
)
EVENTS = (Column("time", "VARCHAR", ""), Column("named", "BIGINT", ""))
values = st.sampled_from(
    [
        None,
        True,
        1,
        1.0,
        12.5,
        10**17,
        1e16,
        10**30,
        "",
        " U1 ",
        'a"b\\',
        "김",
        "null",
        "x@x.com",
        "010-1234-5678",
        {"a": 1},
    ]
)
fields = st.dictionaries(st.sampled_from(["email", "phone", "plan"]), values)
externals = st.fixed_dictionaries(
    {}, optional={"type": st.sampled_from(["crm", "A", "ga.id", 3]), "id": values, "collection": st.just("accounts")}
)
devices = st.dictionaries(st.sampled_from(["id", "advertisingId", "adTrackingEnabled", "token", "model"]), values)
contexts = st.fixed_dictionaries(
    {},
    optional={
        "traits": fields | values,
        "externalIds": st.lists(externals | values, max_size=3) | values,
        "device": devices | values,
        "page": fields,
    },
)
bodies = st.fixed_dictionaries(
    {"type": st.sampled_from(["track", "alias", "identify"])},
    optional={
        "userId": st.sampled_from(["u1", "0", " u2"]),
        "anonymousId": st.sampled_from(["a1", "undefined"]),
        "previousId": values,
        "traits": fields,
        "properties": fields,
        "context": contexts,
    },
)


@settings(max_examples=25, deadline=None)
@given(st.lists(bodies, min_size=1, max_size=20))
def test_what_duckdb_takes_of_an_event_names_whom_the_event_names(told: list[dict[str, Any]]) -> None:
    made = [row_of(make_event(body, message_id=f"m{number}"), 2_000_000_000) for number, body in enumerate(told)]
    rows = [{column.name: row.get(column.name) for column in ROW} for row in made]
    with scratch() as space:
        space.run(f"CREATE TABLE e ({declared(ROW)})")
        space.load("e", ROW, rows)
        taken = [json.loads(said) for (said,) in space.rows(f"SELECT {NAMING} FROM e ORDER BY rowid")]
    assert [of_event(said) for said in taken] == [of_event(body_of(row)) for row in rows]


@settings(max_examples=25, deadline=None)
@given(histories(), rules)
def test_columns_made_by_duckdb_decide_who_is_who_the_same(events: list[Event], tried: IdentityRules) -> None:
    name_of = {one.hash: f"{one.identifier.namespace}:{one.identifier.value}" for e in events for one in e.identifiers}
    named = [[name_of[one.hash] for one in event.identifiers] for event in events]
    with scratch() as space:
        space.run(f"CREATE TABLE named ({declared(NAMED)})")
        space.load("named", NAMED, [{"said": "", "today": names, "proposed": None} for names in named])
        space.run(f"CREATE TABLE events ({declared(EVENTS)})")
        space.load("events", EVENTS, [{"time": event.time, "named": number} for number, event in enumerate(events)])
        outcome = decide_all(Staged(space).history("proposed"), tried)
        found = held(outcome)
    expected = decide_all(seen(events), tried)
    assert found == sorted(sorted(name_of[one] for one in person) for person in held(expected))
    both = {*zip(outcome.person_of.tolist(), expected.person_of.tolist(), strict=True)}
    assert len(both) == len({*outcome.person_of.tolist()}) == len({*expected.person_of.tolist()})
