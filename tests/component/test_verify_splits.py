"""Verifying people who were taken apart: what a split decided is folded too."""

from collections.abc import Iterator

import pytest

from tests.conftest import Deployment
from tests.jobs import Operator, carry_on
from tests.pipeline import track
from tests.way import Way


@pytest.fixture
def way(aws: Deployment) -> Iterator[Way]:
    """One person of several that were merged, who refused on one device and granted on another."""
    made = Way(aws)
    preferences = {"consent": {"categoryPreferences": {"Advertising": False}}}
    made.collect(track("a1", userId=None, anonymousId="d1", context=preferences), track("a2", userId="u1"))
    made.drain()
    granted = {"consent": {"categoryPreferences": {"Advertising": True}}}
    made.collect(track("a3", userId=None, anonymousId="d2", context=granted, timestamp="2026-11-21T09:00:00.000Z"))
    made.drain()
    made.collect(track("b1", userId="u1", anonymousId="d1"), track("b2", userId="u1", anonymousId="d2"))
    made.drain()
    yield made
    made.close()


def test_people_taken_apart_differ_in_nothing(aws: Deployment, way: Way) -> None:
    operator = Operator(aws)
    for identifier in ("anonymous_id:d1", "anonymous_id:d2"):
        body = {"identifiers": [identifier], "reason": "two people", "preview": False}
        status, reply = operator.ask("POST", "/v1/profiles/user_id:u1/split", body)
        assert status == 202, reply
        job = reply["job"]
        carry_on(aws)
        assert operator.job(job["id"])["state"] == "done", operator.job(job["id"])
        verified = operator.ran("verify", all=True)
        assert (verified["state"], verified["findings"]) == ("done", [])
    assert len(way.everybody()) == 3
    assert operator.ran("rebuild", all=True)["counts"]["same"] == 3
    for link in operator.get("/v1/links")["links"]:
        assert operator.ask("POST", f"/v1/links/{link['id']}/lift")[0] == 200
        assert operator.ran("verify", all=True)["findings"] == []
    assert operator.ask("POST", "/v1/profiles/user_id:u1/merge", {"with": "anonymous_id:d2"})[0] == 200
    carry_on(aws)
    way.drain()
    assert operator.ran("verify", all=True)["findings"] == []
