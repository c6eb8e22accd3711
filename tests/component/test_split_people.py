"""Taking people apart and putting them together over moto: the People API, run_jobs, and the events that come after."""

import json
from typing import Any

import pytest

from functions.run_jobs.split import MOST_PLANS
from shared.domain.identifiers import Identifier
from shared.domain.profiles import Profile
from shared.people.splitting import Splitter, Splitting
from shared.stores.profile_store import ProfileStore
from shared.stores.suppression_store import open_suppressions
from shared.stores.tables import LEDGER, PROFILES, SUPPRESSIONS
from tests.conftest import Deployment
from tests.erased import KEYS
from tests.jobs import Minutes, Operator, carry_on, messages, sliced
from tests.people import consents
from tests.pipeline import items, track
from tests.way import Way


@pytest.fixture
def way(aws: Deployment) -> Any:
    """Jane, who was somebody else before she signed in."""
    made = Way(aws)
    made.collect(seen("m0", userId="jane"), seen("m1", anonymousId="a1"), seen("m2", userId="jane"))
    made.drain()
    made.collect(track("m3", type="identify", anonymousId="a1", userId="jane", traits={"plan": "pro"}))
    made.drain()
    yield made
    made.close()


@pytest.fixture
def operator(aws: Deployment) -> Operator:
    return Operator(aws)


def seen(message_id: str, **who: Any) -> dict[str, Any]:
    return {"type": "track", "event": "Seen", "timestamp": "2026-11-21T09:29:00.000Z", "messageId": message_id, **who}


def person(way: Way, namespace: str, value: str) -> Profile:
    found = way.person(namespace, value)
    assert found
    return found


def asked(operator: Operator, path: str, body: Any = None, status: int = 200) -> dict[str, Any]:
    code, answer = operator.ask("POST", path, body)
    assert code == status, answer
    return answer


def ended(operator: Operator, answer: dict[str, Any]) -> dict[str, Any]:
    carry_on(operator.aws)
    return operator.job(answer["job"]["id"])


def split(operator: Operator, *leaving: str, who: str = "user_id:jane") -> dict[str, Any]:
    return ended(operator, asked(operator, f"/v1/profiles/{who}/split", {"identifiers": leaving}, 202))


def test_a_preview_says_who_would_hold_what_and_writes_nothing_but_that_it_was_read(
    aws: Deployment, way: Way, operator: Operator
) -> None:
    before = items(aws, LEDGER), way.everybody()
    body = {"identifiers": ["user_id:jane"], "preview": True}
    stays, leaves = asked(operator, "/v1/profiles/user_id:jane/split", body)["sides"]
    assert stays["profile_id"] == person(way, "user_id", "jane").id
    assert (stays["identifiers"], stays["events"], stays["traits_changed"]) == (["anonymous_id:a1"], 1, ["plan"])
    assert (leaves["identifiers"], leaves["events"], leaves["traits_changed"]) == (["user_id:jane"], 3, [])
    audit, *others = items(aws, LEDGER)
    assert (others, way.everybody()) == before
    assert "#read#" in audit["sk"]


def test_previews_mask_identifiers_for_who_may_not_see_them(aws: Deployment, way: Way) -> None:
    operator = Operator(aws, ("identities:write",))
    body = {"identifiers": ["user_id:jane"], "preview": True}
    stays, leaves = asked(operator, "/v1/profiles/user_id:jane/split", body)["sides"]
    assert (stays["identifiers"], leaves["identifiers"]) == (["anonymous_id:a***"], ["user_id:j***"])
    (example,) = asked(operator, "/v1/undo", {"through": "user_id:jane", "since": "2026-01-01", "preview": True})[
        "examples"
    ]
    assert "jane" not in str(example)


def test_more_leave_in_many_parts_than_may_is_refused(way: Way, operator: Operator) -> None:
    parts = [[f"user_id:u{number}" for number in range(501)]] * 2
    status, answer = operator.ask("POST", "/v1/profiles/user_id:jane/split", {"parts": parts})
    assert status in (400, 422), answer


def test_who_leaves_takes_its_events_along_and_both_say_so(way: Way, operator: Operator) -> None:
    way.publish(way.new_changes())
    whole = person(way, "user_id", "jane")
    way.facts()
    assert split(operator, "user_id:jane")["state"] == "done"
    jane, visitor = person(way, "user_id", "jane"), person(way, "anonymous_id", "a1")
    assert visitor.id == whole.id
    assert visitor.state.event_count == 1
    assert jane.state.event_count == 3
    assert (jane.frozen, visitor.frozen) == ("", "")
    way.publish(way.new_changes())
    told = {(fact["type"], fact["data"]["profile_id"]): fact for fact in way.facts()}
    assert told.keys() == {
        ("Profile Created", jane.id),
        ("Traits Changed", jane.id),
        ("Profile Split", visitor.id),
        ("Traits Changed", visitor.id),
    }
    assert told["Profile Split", visitor.id]["data"]["split_profile_ids"] == [jane.id]
    assert {fact["metadata"]["cause"] for fact in told.values()} == {"split"}


def test_an_event_that_would_join_them_again_is_refused_until_somebody_lifts_it(
    aws: Deployment, way: Way, operator: Operator
) -> None:
    split(operator, "user_id:jane")
    way.collect(seen("m4", anonymousId="a1", userId="jane"))
    way.drain()
    jane, visitor = person(way, "user_id", "jane"), person(way, "anonymous_id", "a1")
    assert jane.id != visitor.id
    (link,) = operator.get("/v1/links")["links"]
    reasons = [item["reason"] for item in items(aws, LEDGER) if item["sk"].startswith("demoted#")]
    assert reasons == [f"cannot_link:{link['id']}"]
    refused = operator.ask("POST", "/v1/profiles/user_id:jane/merge", {"with": "anonymous_id:a1"})
    assert (refused[0], refused[1]["code"]) == (409, "cannot_link")
    assert asked(operator, f"/v1/links/{link['id']}/lift")["lifted_by"] == "operations"
    way.collect(seen("m5", anonymousId="a1", userId="jane"))
    way.drain()
    again = person(way, "user_id", "jane")
    assert again == person(way, "anonymous_id", "a1")
    assert again.state.event_count == 6
    assert operator.ran("rebuild", all=True)["counts"]["same"] == 1


def test_who_stays_though_it_came_through_one_who_leaves_still_leads_to_whom_it_stays_with(
    way: Way, operator: Operator
) -> None:
    def mail(name: str) -> dict[str, Any]:
        return {"traits": {"email": f"{name}@x.com"}}

    steps = [[mail("stays")], [{"anonymousId": "b1", **mail("leaves")}], [{"anonymousId": "b1", **mail("stays")}]]
    steps += [[{"userId": "ann", "anonymousId": f"c{n}", **mail(str(n))} for n in (1, 2)]]
    ids = []
    for number, step in enumerate([*steps, [{"userId": "ann", "anonymousId": "b1"}]]):
        way.collect(*(seen(f"s{number}{n}", **who) for n, who in enumerate(step)))
        way.drain()
        ids.append(person(way, "email", "stays@x.com").id)
    assert len({ids[0], ids[2], ids[4]}) == 3
    assert split(operator, "anonymous_id:b1", "email:leaves@x.com", who="user_id:ann")["state"] == "done"
    ann, left = person(way, "user_id", "ann"), person(way, "anonymous_id", "b1")
    assert ann.id != left.id
    store = ProfileStore(way.aws.table(PROFILES))
    assert store.live_ids([ids[0], ids[2]]) == {ids[0]: ann.id, ids[2]: left.id}
    way.collect(seen("s9", **mail("stays")))
    way.drain()
    assert person(way, "user_id", "ann").state.event_count == ann.state.event_count + 1
    assert operator.ran("rebuild", all=True)["counts"].get("written", 0) == 0


def test_an_event_that_comes_while_they_are_split_waits_and_is_folded_then(way: Way, operator: Operator) -> None:
    answer = asked(operator, "/v1/profiles/user_id:jane/split", {"identifiers": ["user_id:jane"]}, 202)
    sliced(messages(operator.aws), Minutes(2))  # planned and frozen
    assert person(way, "user_id", "jane").frozen
    way.collect(seen("m4", userId="jane"))
    way.store(way.new_kinesis())
    held = way.new_inserts()
    way.stitch(held)
    assert person(way, "user_id", "jane").state.event_count == 4
    assert ended(operator, answer)["state"] == "done"
    way.stitch(held)  # it comes again a minute later
    assert person(way, "user_id", "jane").state.event_count == 4
    assert person(way, "anonymous_id", "a1").state.event_count == 1


def test_consent_stays_as_strict_as_it_was_on_both_sides(way: Way, operator: Operator) -> None:
    for number, (who, choice) in enumerate([({"anonymousId": "a1"}, False), ({"userId": "jane"}, True)]):
        context = {"consent": {"categoryPreferences": {"Ads": choice}}}
        time = f"2026-11-21T08:0{number}:00.000Z"
        way.collect(seen(f"c{number}", **who, context=context) | {"timestamp": time})
    way.drain()
    split(operator, "user_id:jane")
    for profile in (person(way, "user_id", "jane"), person(way, "anonymous_id", "a1")):
        assert consents(profile.state) == {"Ads": "refused"}
        before = profile
    operator.ran("rebuild", all=True)
    assert person(way, "anonymous_id", "a1") == before


@pytest.mark.parametrize(
    ("leaving", "code"),
    [(["user_id:jane", "anonymous_id:a1"], "nobody_stays"), (["user_id:joe"], "not_theirs")],
)
def test_what_cannot_leave_is_refused_with_its_reason(operator: Operator, way: Way, leaving: Any, code: str) -> None:
    status, answer = operator.ask("POST", "/v1/profiles/user_id:jane/split", {"identifiers": leaving})
    assert (status, answer["code"]) == (409, code)


def test_a_frozen_person_is_not_split(way: Way, operator: Operator) -> None:
    asked(operator, "/v1/profiles/user_id:jane/freeze")
    job = split(operator, "user_id:jane")
    assert (job["state"], job["reason"].split(":")[0]) == ("failed", "frozen")


def test_one_merge_is_previewed_and_undone_and_its_id_leads_to_who_it_was(way: Way, operator: Operator) -> None:
    whole = person(way, "user_id", "jane")
    (gone,) = [fact.removeprefix("merged:") for fact in whole.changes if fact.startswith("merged:")]
    preview = asked(operator, "/v1/undo", {"merged": gone, "preview": True})
    assert (preview["merges"], preview["people"], preview["people_after"]) == (1, 1, 2)
    assert preview["examples"] == [{"profile_id": whole.id, "parts": [["anonymous_id:a1"]]}]
    job = ended(operator, asked(operator, "/v1/undo", {"merged": gone}, 202))
    assert (job["state"], job["counts"]) == ("done", {"new people": 1, "people": 1})
    visitor = person(way, "anonymous_id", "a1")
    assert visitor.id not in (whole.id, gone)
    assert operator.ask("POST", f"/v1/profiles/profile_id:{gone}/freeze")[1]["profile_id"] == visitor.id


@pytest.mark.parametrize("cause", [{"source": "src_web"}, {"rules": 0}, {"through": "user_id:jane"}])
def test_merges_are_found_by_their_cause(way: Way, operator: Operator, cause: dict[str, Any]) -> None:
    body = {**cause, "since": "2026-11-20"}
    preview = asked(operator, "/v1/undo", {**body, "preview": True})
    assert (preview["merges"], preview["people"], preview["people_after"]) == (1, 1, 2)
    assert ended(operator, asked(operator, "/v1/undo", body, 202))["counts"]["new people"] == 1
    assert len(way.everybody()) == 2
    assert asked(operator, "/v1/undo", {**body, "preview": True})["people_after"] <= 1
    assert "new people" not in ended(operator, asked(operator, "/v1/undo", body, 202))["counts"]


def test_two_known_users_are_made_one_by_an_operator_and_that_is_undone(
    aws: Deployment, way: Way, operator: Operator
) -> None:
    way.collect(seen("m6", userId="jane.old"), {"type": "alias", "userId": "jane", "previousId": "jane.old"})
    way.drain()
    assert person(way, "user_id", "jane.old").id != person(way, "user_id", "jane").id
    erased, old = open_suppressions(aws.table(SUPPRESSIONS), KEYS), Identifier("user_id", "jane.old")
    erased.put([old], "2026-11-20T00:00:00.000Z", "r1")
    refused = operator.ask("POST", "/v1/profiles/user_id:jane/merge", {"with": "user_id:jane.old"})
    assert (refused[0], refused[1]["code"]) == (409, "suppressed")
    erased.lift([old], "2026-11-20T00:00:01.000Z")
    done = asked(operator, "/v1/profiles/user_id:jane/merge", {"with": "user_id:jane.old", "reason": "renamed"})
    assert person(way, "user_id", "jane.old") == person(way, "user_id", "jane")
    (entry,) = [i for i in items(aws, LEDGER) if i["sk"] == f"merged#{done['merged_profile_id']}"]
    assert entry["reason"] == "operator:operations"
    assert json.loads(entry["effect"])["why"] == "renamed"
    assert operator.ran("rebuild", all=True)["counts"]["same"] == 1
    body = {"merged": done["merged_profile_id"]}
    assert ended(operator, asked(operator, "/v1/undo", body, 202))["counts"]["new people"] == 1
    assert person(way, "user_id", "jane.old").id != person(way, "user_id", "jane").id


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/profiles/user_id:jane/split", {"identifiers": ["user_id:jane"]}),
        ("/v1/undo", {"through": "user_id:jane", "since": "2026-11-20"}),
    ],
)
def test_a_job_that_is_cancelled_in_the_midst_of_a_split_leaves_nobody_frozen(
    way: Way, operator: Operator, path: str, body: dict[str, Any]
) -> None:
    answer = asked(operator, path, body, 202)
    sliced(messages(operator.aws), Minutes(2))  # planned and frozen
    assert person(way, "user_id", "jane").frozen
    asked(operator, f"/v1/jobs/{answer['job']['id']}/cancel", status=202)
    assert ended(operator, answer)["state"] in ("done", "cancelled")
    for who in (("user_id", "jane"), ("anonymous_id", "a1")):
        assert not person(way, *who).frozen
    assert person(way, "user_id", "jane").id != person(way, "anonymous_id", "a1").id


def test_an_undo_leaves_somebody_who_keeps_changing_and_says_so(
    way: Way, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[Any] = []
    monkeypatch.setattr(Splitter, "carry_out", lambda *_: tried.append(1) or Splitting.CHANGED)
    asking = {"through": "user_id:jane", "since": "2026-01-01"}
    answer = asked(operator, "/v1/undo", asking, 202)
    sliced(messages(operator.aws), Minutes(60))
    job = operator.job(answer["job"]["id"])
    assert (job["state"], job["counts"]["skipped"], job["findings"][0]["what"]) == ("done", 1, "busy")
    assert len(tried) == MOST_PLANS
