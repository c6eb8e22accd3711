"""Files of real orders into the deployed stack, by the command and by the bucket: they add up, once."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import httpx
import pytest

from local.outputs import Outputs
from shared.aws.dynamo import to_python
from shared.domain.profiles import Profile
from shared.imports.proposing import propose
from shared.imports.reading import open_rows
from shared.imports.rows import Options, Row
from shared.stores.profile_items import to_profile
from tests.e2e.people import aws, eventually, fresh, has

pytestmark = pytest.mark.e2e
CDNOW = Path(__file__).parents[1] / "fixtures" / "cdnow"
SAMPLE_COLUMNS = ("master_id", "customer_id", "date", "number_of_cds", "dollar_value")
MASTER_COLUMNS = ("customer_id", "date", "number_of_cds", "dollar_value")
PATIENCE_SECONDS = 600
MOST_MEMORY_MB = 300


def configure(cloud: Outputs, path: str, body: dict[str, Any], method: str = "PUT") -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {cloud.api_token}"}
    answer = httpx.request(method, f"{cloud.api_url}/v1/{path}", json=body, headers=headers, timeout=30)
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json()
    return made


def new_source(cloud: Outputs, columns: Sequence[str], example: dict[str, Any]) -> tuple[str, str]:
    """A source with the mapping that is proposed for such rows, and its write key."""
    source = fresh("src_file")
    configure(cloud, f"mappings/{source}", {"name": "Orders", "rules": list(propose(columns, [example]).rules)})
    configure(cloud, f"sources/{source}", {"name": "Orders", "kind": "file", "mapping": source})
    return source, configure(cloud, f"sources/{source}/write-keys", {}, "POST")["write_key"]


def run(cloud: Outputs, tmp_path: Path, file: Path, source: str, write_key: str, *options: str) -> tuple[str, int]:
    """What the command printed, and the most memory it had, in MB."""
    outputs = tmp_path / "outputs.json"
    outputs.write_text(json.dumps(asdict(cloud)))
    command = [sys.executable, "-m", "cli.main", "import", str(file), "--source", source, "--outputs", str(outputs)]
    program = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True);"
    program += "print('peak', resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)"
    done = subprocess.run(
        [sys.executable, "-c", program, *command, "--write-key", write_key, *options],
        env={**os.environ, "XDG_STATE_HOME": str(tmp_path), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    peak = re.search(r"peak (\d+)", done.stdout)
    assert peak
    return done.stdout, int(peak[1])


def rows(file: Path, options: Options) -> list[Row]:
    with file.open("rb") as stream:
        return [row for row in open_rows(stream, options).rows if isinstance(row, Row)]


def buyers(cloud: Outputs, ids: set[str]) -> dict[str, Profile]:
    """The people with one of these user ids, by it."""
    found = {}
    for page in aws(cloud, "dynamodb").get_paginator("scan").paginate(TableName=cloud.tables["profiles"]):
        for item in (to_python(item) for item in page["Items"] if item["sk"]["S"] == "P"):
            profile = to_profile(item)
            named = {held.value for held in profile.identifiers.values()} & ids
            found |= dict.fromkeys(named, profile)
    return found


def totals(people: dict[str, Profile]) -> tuple[int, int, Decimal]:
    """People, orders and dollars."""
    bought = [person.state.events["Order Completed"] for person in people.values()]
    return len(people), sum(tally.total for tally in bought), sum((tally.sums["USD"] for tally in bought), Decimal(0))


def counted(cloud: Outputs, source: str) -> dict[str, int]:
    """The source's counts over all hours and shards."""
    names = ("received", "stored", "duplicate", "quarantined")
    ledger = aws(cloud, "dynamodb").get_paginator("scan").paginate(TableName=cloud.tables["ledger"])
    items = [to_python(item) for page in ledger for item in page["Items"] if item["pk"]["S"] == f"C#{source}"]
    return {name: sum(int(item[name]) for item in items) for name in names}


def has_ended(cloud: Outputs, source: str, ends: dict[str, int]) -> bool:
    return counted(cloud, source) == ends


def have_bought(cloud: Outputs, ids: set[str], orders: int) -> bool:
    return totals(buyers(cloud, ids))[1] >= orders


def patiently(look: Callable[[], bool], what: str) -> None:
    """Tens of thousands of rows take the emulator minutes."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not look():
        assert time.monotonic() < end, f"{what}: not seen within {PATIENCE_SECONDS} s"
        time.sleep(2)


def imported_twice(
    cloud: Outputs, tmp_path: Path, file: Path, options: Options, *said: str
) -> tuple[int, int, Decimal]:
    """Import a file, then once more: what it comes to on profiles. What holds for every such file is asserted here."""
    found = rows(file, options)
    columns = SAMPLE_COLUMNS if options.columns else MASTER_COLUMNS
    source, key = new_source(cloud, columns, dict(found[0].fields))
    ids = {str(row.fields["customer_id"]) for row in found}
    for turn in (1, 2):
        output, peak = run(cloud, tmp_path, file, source, key, *said)
        assert f"{len(found):,} rows: {len(found):,} sent, 0 unreadable" in output
        assert peak < MOST_MEMORY_MB
        print(f"\n{output.strip()} MB")
        ends = {"received": turn * len(found), "stored": len(found), "duplicate": (turn - 1) * len(found)}
        patiently(partial(has_ended, cloud, source, {**ends, "quarantined": 0}), str(ends))
        patiently(partial(have_bought, cloud, ids, len(found)), f"{len(found)} orders on profiles")
        people = buyers(cloud, ids)
        versions = {person.id: person.version for person in people.values()}
        if turn == 1:
            before = versions
    assert versions == before
    return totals(people)


def test_a_sample_of_real_orders_adds_up_and_again_changes_nothing(cloud: Outputs, tmp_path: Path) -> None:
    sample, options = CDNOW / "cdnow_sample.txt", Options(columns=SAMPLE_COLUMNS)
    came_to = imported_twice(cloud, tmp_path, sample, options, "--columns", ",".join(SAMPLE_COLUMNS))
    assert came_to == (2_357, 6_919, Decimal("244091.94"))


@pytest.mark.slow
@pytest.mark.timeout(2_400)
def test_all_orders_of_a_music_shop_add_up_and_again_change_nothing(cloud: Outputs, tmp_path: Path) -> None:
    came_to = imported_twice(cloud, tmp_path, CDNOW / "cdnow_master.txt.gz", Options())
    assert came_to == (23_570, 69_659, Decimal("2500315.63"))


def test_a_file_in_the_bucket_becomes_events_and_its_bad_rows_are_kept(cloud: Outputs) -> None:
    user = fresh("buyer")
    columns = ("user_id", "order_date", "amount")
    source, _ = new_source(cloud, columns, {"user_id": user, "order_date": "2024-01-02", "amount": "1"})
    file = f"{','.join(columns)}\n{user},2024-01-02,12.50\n{user},2024-01-03\n{user},2024-01-04,7\n"
    s3, key = aws(cloud, "s3"), f"imports/{source}/orders of today.csv"
    for _ in range(2):
        s3.put_object(Bucket=cloud.log_bucket, Key=key, Body=file.encode())
    person = has(cloud, f"user_id:{user}", Order_Completed=2)
    assert person["events"]["Order Completed"]["count"] == 2
    eventually(lambda: counted(cloud, source)["quarantined"] >= 1, "the bad row in quarantine")
    assert counted(cloud, source)["stored"] == 2


def test_parquet_in_the_bucket_is_read_by_the_deployed_function(cloud: Outputs, tmp_path: Path) -> None:
    user, path = fresh("buyer"), tmp_path / "orders.parquet"
    select = (
        f"SELECT '{user}' AS user_id, DATE '2024-01-02' AS order_date, 12.50::DECIMAL(9, 2) AS amount FROM range(3)"
    )
    duckdb.sql(f"COPY ({select}) TO '{path}'")
    source, _ = new_source(cloud, ("user_id", "order_date", "amount"), {"order_date": "2024-01-02"})
    aws(cloud, "s3").put_object(Bucket=cloud.log_bucket, Key=f"imports/{source}/o.parquet", Body=path.read_bytes())
    person = has(cloud, f"user_id:{user}", Order_Completed=3)
    assert person["events"]["Order Completed"]["sums"] == {"XXX": "37.5000"}


def test_a_file_under_an_unknown_source_is_quarantined_and_the_next_one_goes_on(cloud: Outputs) -> None:
    user = fresh("buyer")
    source, _ = new_source(cloud, ("user_id", "amount"), {"user_id": user, "amount": "1"})
    s3, nobody = aws(cloud, "s3"), fresh("src_nobody")
    for owner in (nobody, source):
        body = f"user_id,amount\n{user},5\n".encode()
        s3.put_object(Bucket=cloud.log_bucket, Key=f"imports/{owner}/orders.csv", Body=body)
    has(cloud, f"user_id:{user}", Order_Completed=1)
    eventually(lambda: counted(cloud, nobody)["quarantined"] == 1, "the unknown source's file in quarantine")
