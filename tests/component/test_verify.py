"""Verifying over moto: a whole history differs in nothing, one spoiled attribute is found alone, a rebuild mends it."""

import json
from collections.abc import Callable, Collection, Iterator
from typing import Any

import boto3
import pytest

from shared.aws.dynamo import to_attributes
from shared.domain.computed_attributes import ComputedAttribute
from shared.domain.profiles import Profile
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.identity_log import IdentityLog
from shared.stores.tables import CATALOGUE, EVENTS, LEDGER, PROFILES
from tests.conftest import Deployment
from tests.jobs import Operator
from tests.pipeline import items, track
from tests.way import Way

Item = dict[str, Any]


def sale(message_id: str, amount: str = "19900", **fields: Any) -> dict[str, Any]:
    return track(message_id, properties={"total": amount, "currency": "KRW"}, **fields)


def consents(message_id: str, choice: bool, minute: int = 30, **fields: Any) -> dict[str, Any]:
    at = f"2026-11-21T09:{minute}:00.000Z"
    preferences = {"categoryPreferences": {"Advertising": choice}}
    return track(message_id, event="Consent Given", context={"consent": preferences}, timestamp=at, **fields)


HISTORY = [
    [track("a1", userId=None, anonymousId="d1"), sale("a2", userId=None, anonymousId="d2")],
    [
        track(
            "b1", type="identify", userId="u1", anonymousId="d1", traits={"email": "mina@example.com", "city": "Seoul"}
        )
    ],
    [track("b2", type="identify", userId="u1", anonymousId="d2", traits={"plan": "gold", "city": "Seoul"})],
    [consents("c1", True, 21, userId="u1"), consents("c2", False, 22, userId="u1")],
    [track("d1", userId="u2", anonymousId="d1")],  # a second known user: the device is contested
    [track("e1", userId=None, anonymousId="d1", timestamp="2026-11-21T09:29:30.000Z"), sale("e2", "500", userId="u2")],
]
"""Merges, a contested device, traits, sums and consent."""


@pytest.fixture
def way(aws: Deployment) -> Iterator[Way]:
    made = Way(aws)
    CatalogueStore(aws.table(CATALOGUE)).put(ComputedAttribute("bought", "count", "Tea Bought"))
    for batch in HISTORY:
        made.collect(*batch)
        made.drain()
    yield made
    made.close()


@pytest.fixture
def operator(aws: Deployment) -> Operator:
    return Operator(aws)


def people(aws: Deployment) -> dict[tuple[str, str], Item]:
    return {(item["pk"], item["sk"]): item for item in items(aws, PROFILES)}


def put(aws: Deployment, item: Item) -> None:
    boto3.client("dynamodb").put_item(TableName=aws.table(PROFILES), Item=to_attributes(item))


def found(operator: Operator) -> list[tuple[str, str, str]]:
    job = operator.ran("verify", all=True)
    assert job["state"] == "done", job
    return [(finding["place"], finding["field"], finding["how"]) for finding in job["findings"]]


def person(way: Way, namespace: str, value: str) -> Profile:
    owner = way.person(namespace, value)
    assert owner
    return owner


def test_a_whole_history_differs_in_nothing(way: Way, operator: Operator) -> None:
    job = operator.ran("verify", all=True)
    assert job["findings"] == []
    assert job["counts"] == {"pages": 4, "people": 3, "same": 3}
    assert operator.ran("rebuild", all=True)["counts"] == {"pages": 4, "people": 3, "same": 3}
    assert person(way, "anonymous_id", "d1").id not in (person(way, "user_id", u).id for u in ("u1", "u2"))


def _in_json(name: str, change: Callable[[Any], None]) -> Callable[[Item], Item]:
    def spoil(item: Item) -> Item:
        content = json.loads(item[name])
        change(content)
        return {**item, name: json.dumps(content)}

    return spoil


def _text(name: str) -> Callable[[Item], Item]:
    """One character becomes another one."""
    return lambda item: {**item, name: item[name][:-1] + ("x" if item[name][-1] != "x" else "y")}


def _key(content: dict[str, Any]) -> str:
    return sorted(content)[0]


def _spoil_first(content: dict[str, Any]) -> None:
    content["x" + _key(content)] = content.pop(_key(content))


OF_PROFILE: dict[str, tuple[Callable[[Item], Item], str]] = {
    "schema": (lambda item: {**item, "v": 7}, "v"),
    "status": (lambda item: {**item, "status": "activf"}, "status"),
    "an id it was never merged into": (lambda item: {**item, "merged_into": item["pk"][2:]}, "merged_into"),
    "value of an identifier": (
        _in_json("identifiers", lambda c: c[_key(c)].__setitem__(1, "another")),
        "identifiers.",
    ),
    "an identifier gone": (_in_json("identifiers", lambda c: c.pop(_key(c))), "identifiers."),
    "value of a trait": (_in_json("state", lambda c: c["traits"]["city"].__setitem__(0, "Busan")), "state.traits.city"),
    "source of a trait": (_in_json("state", lambda c: c["traits"]["city"].__setitem__(4, "web")), "state.traits.city"),
    "a trait gone": (_in_json("state", lambda c: c["traits"].pop("plan")), "state.traits.plan"),
    "a trait too many": (_in_json("state", lambda c: c["traits"].update(x=c["traits"]["plan"])), "state.traits.x"),
    "a count": (_in_json("state", lambda c: c["events"]["Tea Bought"].__setitem__(0, 9)), "state.events.Tea Bought"),
    "a sum": (
        _in_json("state", lambda c: c["events"]["Tea Bought"][3].update(KRW="1.0000")),
        "state.events.Tea Bought",
    ),
    "consent": (
        _in_json("state", lambda c: c["consent"][_key(c["consent"])]["Advertising"].__setitem__(0, "granted")),
        "state.consent.",
    ),
    "when an identifier was seen": (
        _in_json("state", lambda c: c["seen"][_key(c["seen"])].__setitem__(0, "2020-01-01T00:00:00.000Z")),
        "state.seen.",
    ),
    "a link": (_in_json("state", lambda c: c["links"].update({_key(c["links"]): "2020"})), "state.links."),
    "a computed attribute": (_in_json("state", lambda c: c["computed"].pop(_key(c["computed"]))), "state.computed."),
    "first seen": (_in_json("state", lambda c: c.update(first_seen="2020")), "state.first_seen"),
    "last seen": (_in_json("state", lambda c: c.update(last_seen="2030")), "state.last_seen"),
    "no state at all": (_text("state"), "state"),
    "no identifiers at all": (_text("identifiers"), "identifiers"),
    "no changes at all": (_text("changes"), "changes"),
    "a told trait": (_in_json("changes", lambda c: c["trait:city"].__setitem__(0, "x")), "changes.trait:city"),
    "a fact to come": (_in_json("changes", lambda c: c["created"].__setitem__(1, 99)), "changes.created"),
    "a merge untold": (
        _in_json("changes", lambda c: c.pop(next(fact for fact in c if fact.startswith("merged:")))),
        "changes.merged:",
    ),
    "a merge that never was": (_in_json("changes", lambda c: c.update({"merged:x": c["created"]})), "changes.merged:x"),
    "kept apart from nobody": (lambda item: {**item, "apart": '{"link":["1"]}'}, "apart.link"),
    "a split that never was": (lambda item: {**item, "was_split": True}, "was_split"),
}


def test_a_spoiled_attribute_of_a_profile_is_found_alone_and_mended(
    aws: Deployment, way: Way, operator: Operator
) -> None:
    key = (f"P#{person(way, 'user_id', 'u1').id}", "P")
    for name, (spoil, field) in OF_PROFILE.items():
        right = people(aws)
        put(aws, spoil(right[key]))
        differences = found(operator)
        assert [place for place, _, _ in differences] == ["profile"], (name, differences)
        assert differences[0][1].startswith(field), (name, differences)
        job = operator.ran("rebuild", all=True)
        assert (job["counts"]["written"], job["counts"]["same"], job["findings"]) == (1, 2, []), name
        assert found(operator) == [], name
        assert _lasting(people(aws)) == _lasting(right), name


@pytest.mark.parametrize("most_inside", [48, 0])
def test_a_person_packed_by_nothing_known_is_mended_whether_or_not_buckets_remember_their_events(
    monkeypatch: pytest.MonkeyPatch, aws: Deployment, way: Way, operator: Operator, most_inside: int
) -> None:
    monkeypatch.setattr("shared.domain.profiles.MOST_INSIDE", most_inside)
    way.collect(sale("f1", userId="u1"))
    way.drain()
    right = person(way, "user_id", "u1")
    boto3.client("dynamodb").update_item(
        TableName=aws.table(PROFILES),
        Key=to_attributes({"pk": f"P#{right.id}", "sk": "P"}),
        UpdateExpression="SET packed = :broken",
        ExpressionAttributeValues=to_attributes({":broken": b"\x03broken"}),
    )
    assert {place for place, _, _ in found(operator)} == {"profile"}
    job = operator.ran("rebuild", all=True)
    assert (job["counts"]["written"], job["counts"]["same"], job["findings"]) == (1, 2, [])
    assert found(operator) == []
    mended = person(way, "user_id", "u1")
    assert (mended.identifiers, mended.state, mended.busy) == (right.identifiers, right.state, right.busy)


def _lasting(items_of_people: dict[tuple[str, str], Item]) -> Any:
    passing = ("version", "updated_at", "cause", "silent", "correlation_id", "changes", "recent", "now")
    return {k: {n: v for n, v in item.items() if n not in passing} for k, item in items_of_people.items()}


OF_IDENTIFIER: dict[str, tuple[Callable[[Item], Item], str]] = {
    "schema": (lambda item: {**item, "v": 7}, "v"),
    "namespace": (_text("namespace"), "namespace"),
    "value": (_text("value"), "value"),
    "periods": (_in_json("periods", lambda c: c[0].__setitem__(0, "01KAK3J8V2N5Q0T4W6Y8Z1B3D5")), "periods"),
    "since when": (_in_json("periods", lambda c: c[-1].__setitem__(1, "2020")), "periods"),
    "a period gone": (_in_json("periods", lambda c: c.pop()), "periods"),
    "no periods at all": (_text("periods"), "periods"),
    "contested": (lambda item: {**item, "contested": not item.get("contested", False)}, "contested"),
    "decisions": (lambda item: {**item, "decisions": 3}, "decisions"),
}


@pytest.mark.parametrize("value", ["mina@example.com", "d1"])
def test_a_spoiled_attribute_of_an_identifier_is_found_alone_and_mended(
    aws: Deployment, way: Way, operator: Operator, value: str
) -> None:
    right = people(aws)
    key = next(k for k, item in right.items() if item["sk"] == "I" and item["value"] == value)
    for name, (spoil, field) in OF_IDENTIFIER.items():
        put(aws, spoil(right[key]))
        differences = {(place, where) for place, where, _ in found(operator)}
        assert differences == {(f"identifier {key[0][2:]}", field)}, name
        operator.ran("rebuild", all=True)
        assert _lasting(people(aws)) == _lasting(right), name
        assert found(operator) == [], name


def test_a_spoiled_tombstone_is_found_alone_and_mended(aws: Deployment, way: Way, operator: Operator) -> None:
    right = people(aws)
    key = next(k for k, item in right.items() if item.get("merged_into"))
    for spoiled in ({"merged_into": "01KAK3J8V2N5Q0T4W6Y8Z1B3D5"}, {"status": "mergee"}, {"v": 7}):
        put(aws, {**right[key], **spoiled})
        assert found(operator) == [(f"merged {key[0][2:]}", *spoiled, "differs")]
        operator.ran("rebuild", all=True)
        assert (found(operator), _lasting(people(aws))) == ([], _lasting(right))
    boto3.client("dynamodb").delete_item(TableName=aws.table(PROFILES), Key=to_attributes({"pk": key[0], "sk": key[1]}))
    assert found(operator) == [(f"merged {key[0][2:]}", "", "missing")]
    operator.ran("rebuild", all=True)
    assert found(operator) == []
    assert people(aws)[key]["merged_into"] == right[key]["merged_into"]


def test_an_identifier_that_is_gone_is_put_back(aws: Deployment, way: Way, operator: Operator) -> None:
    right = people(aws)
    for key in [k for k, item in right.items() if item["sk"] == "I" and item["value"] == "mina@example.com"]:
        at = to_attributes({"pk": key[0], "sk": key[1]})
        boto3.client("dynamodb").delete_item(TableName=aws.table(PROFILES), Key=at)
        assert found(operator) == [(f"identifier {key[0][2:]}", "", "missing")]
        operator.ran("rebuild", all=True)
        assert people(aws)[key] == right[key]


def test_what_stitching_has_yet_to_see_is_no_difference(aws: Deployment, way: Way, operator: Operator) -> None:
    way.collect(track("z1", userId="u1"), track("z2", userId="u9", anonymousId="d2"))
    way.store(way.new_kinesis())
    assert len(items(aws, EVENTS)) == 11
    assert found(operator) == []
    assert operator.ran("rebuild", all=True)["counts"]["same"] == 3
    way.drain()
    assert person(way, "user_id", "u1").state.events["Tea Bought"].total == 3


def test_who_is_written_while_verified_is_looked_at_again(
    aws: Deployment, way: Way, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The profile is read before a stitching worker writes it, and its identifiers after."""
    behind, raced = IdentityLog.behind, []

    def between(self: IdentityLog, profile_ids: Collection[str]) -> Any:
        if not raced:
            raced.append(1)
            way.collect(track("z1", userId="u1", type="identify", traits={"phone": "+82 10-1234-5678"}))
            way.collect(track("z2", userId="u2", type="identify", traits={"email": "jun@example.com"}))
            way.drain()
        return behind(self, profile_ids)

    monkeypatch.setattr(IdentityLog, "behind", between)
    assert found(operator) == []
    assert raced


def test_findings_hold_no_value_of_a_person(aws: Deployment, way: Way, operator: Operator) -> None:
    for key, item in people(aws).items():
        if key[1] == "P" and "state" in item:
            put(aws, _in_json("state", lambda content: content["traits"].clear())(item))
        if key[1] == "I":
            put(aws, {**item, "value": "another"})
    assert found(operator)
    said = [item for item in items(aws, LEDGER) if item["pk"] == "jobs"]
    assert not [value for value in ("mina", "Seoul", "gold", "another") if value in str(said)]
