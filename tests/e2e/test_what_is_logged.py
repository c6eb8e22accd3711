"""Nobody is named in any log of the cloud. By its name this file runs last, so it looks at what the others did, too."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
import zstandard

from local.outputs import Outputs
from shared.aws.dynamo import to_python
from shared.stores.profile_items import plain
from tests.e2e.people import aws, eventually, fresh, has, read, send, track

pytestmark = pytest.mark.e2e
_SHORTEST = 8
_PLAIN = re.compile(r"[a-z0-9_.:-]*")
"""Words that a log may well hold by itself: names of plans, numbers, times."""


def test_no_log_names_anybody_who_was_ever_in_the_cloud(cloud: Outputs) -> None:
    somebody = somebody_seen_refused_and_asked_for(cloud)
    known = {*identifiers(cloud), *traits(cloud), *refused(cloud)}
    assert somebody <= known, "the values that are looked for are those of the people"
    text = eventually(lambda: found if "Answered" in (found := logged(cloud)) else None, "an answer in the logs")
    assert "collected" in text, "what is looked through is what the functions write"
    assert sorted(value for value in known if value in text) == []


def somebody_seen_refused_and_asked_for(cloud: Outputs) -> set[str]:
    user, bad = fresh("user"), fresh("refused")
    email, name = f"{user}@example.com", f"Mina {user}"
    person = {"email": email, "phone": "+82 10 9876 5432", "name": name}
    send(cloud, {"batch": [track(user, "Seen", fresh("m"), context={"traits": person})]})
    send(cloud, {"batch": [{"type": "identify", "userId": user, "messageId": fresh("m"), "traits": person}]})
    send(cloud, {"batch": [{"type": "track", "userId": bad, "messageId": fresh("m"), "event": "x" * 300}]})
    send(cloud, f'{{"batch": [{{"userId": "{user}", "email": "{email}"')
    has(cloud, f"user_id:{user}", Seen=1)
    for path in (f"email:{email}", f"email:{email}/nothing", f"user_id:{user}/events", "phone:+821098765432/why"):
        read(cloud, f"/v1/profiles/{path}")
    eventually(lambda: bad in refused(cloud), "the refused event")
    return {user, bad, email, name, "+821098765432"}


def logged(cloud: Outputs) -> str:
    """Every line of every log group."""
    logs = aws(cloud, "logs")
    groups = (group for page in logs.get_paginator("describe_log_groups").paginate() for group in page["logGroups"])
    names = [group["logGroupName"] for group in groups]
    pages = (page for name in names for page in logs.get_paginator("filter_log_events").paginate(logGroupName=name))
    return "\n".join(event["message"] for page in pages for event in page["events"])


def identifiers(cloud: Outputs) -> Iterator[str]:
    found = (item["value"] for item in items(cloud, "profiles") if item["sk"] == "I")
    return filter(is_long, found)


def is_long(identifier: str) -> bool:
    """Too long to be in a log by chance."""
    return len(identifier) >= _SHORTEST and not identifier.isdigit()


def traits(cloud: Outputs) -> Iterator[str]:
    states = (
        json.loads(plain(item)["state"])
        for item in items(cloud, "profiles")
        if item["sk"] == "P" and item["status"] == "active"
    )
    return personal(trait[0] for state in states for trait in state["traits"].values())


def refused(cloud: Outputs) -> set[str]:
    """Ids and traits of events in quarantine."""
    bodies = (zstandard.ZstdDecompressor().decompress(i["body"]) for i in items(cloud, "quarantine") if "body" in i)
    events = [event for event in map(decoded, bodies) if isinstance(event, dict)]
    told = (event.get("traits") for event in events)
    ids = (event.get(name) for event in events for name in ("userId", "anonymousId"))
    of_traits = (value for traits in told if isinstance(traits, dict) for value in traits.values())
    return {*personal(of_traits), *(one for one in ids if isinstance(one, str) and is_long(one))}


def decoded(body: bytes) -> Any:
    """None for what no decoder takes."""
    try:
        return json.loads(body)
    except ValueError:
        return None


def personal(values: Iterable[Any]) -> Iterator[str]:
    """Texts that can only be a person's."""
    return (one for one in values if isinstance(one, str) and len(one) >= _SHORTEST and not _PLAIN.fullmatch(one))


def items(cloud: Outputs, table: str) -> Iterator[dict[str, Any]]:
    pages = aws(cloud, "dynamodb").get_paginator("scan").paginate(TableName=cloud.tables[table])
    return (to_python(item) for page in pages for item in page["Items"])
