"""Servers that put on the stream directly: the documented example, run as it stands, and records of any make."""

import gzip
import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import zstandard

from local import aws as local_aws
from local.outputs import Outputs
from tests.e2e.people import aws, eventually, fresh, has, track

PAGE = Path("docs/producers.md")
pytestmark = pytest.mark.parametrize("cloud", ["open"], indirect=True, scope="session")


def put(cloud: Outputs, *datas: bytes) -> None:
    records = [{"Data": data, "PartitionKey": "one-shard"} for data in datas]
    assert aws(cloud, "kinesis").put_records(StreamName=cloud.stream, Records=records)["FailedRecordCount"] == 0


def record(cloud: Outputs, *events: Any, **fields: Any) -> bytes:
    head = {"v": 1, "source_id": cloud.source_id, "received_at": datetime.now(UTC).isoformat()}
    return json.dumps({**head, "events": events, **fields}).encode()


def quarantined(cloud: Outputs, source_id: str) -> list[dict[str, Any]]:
    items = aws(cloud, "dynamodb").scan(TableName=cloud.tables["quarantine"], ConsistentRead=True)["Items"]
    return [item for item in items if item["pk"]["S"].startswith(f"Q#{source_id}#")]


def test_the_documented_example_runs_as_it_stands(cloud: Outputs, tmp_path: Path) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    script, user = tmp_path / "producer.py", fresh("till")
    script.write_text(example)
    environment = {**os.environ, **local_aws.settings(cloud.aws_endpoint_url)}
    subprocess.run([sys.executable, script, cloud.stream, cloud.source_id, user], env=environment, check=True)
    has(cloud, f"user_id:{user}", Order_Completed=1, Store_Visited=100)


def test_a_record_may_be_plain_gzip_or_zstd(cloud: Outputs) -> None:
    user = fresh("user")
    plain, zipped, packed = (record(cloud, track(user, "Seen", f"{user}-{n}")) for n in range(3))
    put(cloud, plain, gzip.compress(zipped), zstandard.compress(packed))
    has(cloud, f"user_id:{user}", Seen=3)


def test_a_broken_record_is_quarantined_under_unknown_and_its_neighbours_go_on(cloud: Outputs) -> None:
    user, before = fresh("user"), len(quarantined(cloud, "unknown"))
    one, other = (record(cloud, track(user, "Seen", f"{user}-{n}")) for n in range(2))
    broken = [b"no JSON", b"{}", b"\x1f\x8bcut", b"\xff\xfe", record(cloud, received_at="soon"), record(cloud, v=2)]
    put(cloud, one, *broken, other)
    has(cloud, f"user_id:{user}", Seen=2)
    eventually(lambda: len(quarantined(cloud, "unknown")) == before + len(broken), "the broken records in quarantine")


def test_a_bad_event_of_a_record_is_quarantined_alone_under_its_source(cloud: Outputs) -> None:
    user, before = fresh("user"), len(quarantined(cloud, cloud.source_id))
    nameless = {"type": "track", "userId": user, "event": "Seen"}
    put(cloud, record(cloud, track(user, "Seen", f"{user}-1"), nameless, track(user, "Seen", f"{user}-2")))
    has(cloud, f"user_id:{user}", Seen=2)
    eventually(lambda: len(quarantined(cloud, cloud.source_id)) == before + 1, "the bad event in quarantine")


def test_a_producer_whose_clock_is_days_ahead_makes_no_event_of_the_future(cloud: Outputs) -> None:
    user, ahead = fresh("user"), (datetime.now(UTC) + timedelta(days=3)).isoformat()
    put(cloud, record(cloud, track(user, "Seen", f"{user}-1", timestamp=ahead), received_at=ahead))
    seen = has(cloud, f"user_id:{user}", Seen=1)["last_seen"]
    assert datetime.fromisoformat(seen) <= datetime.now(UTC) + timedelta(minutes=6)
