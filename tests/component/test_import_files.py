"""import_files over moto: files in the bucket become rows on the stream, once, however often and in how many runs."""

import gzip
import json
from pathlib import Path
from typing import Any

import boto3
import pytest

from functions.import_files import importing
from functions.import_files.handler import handler as import_files
from shared.aws import clients
from shared.contracts.records import decode
from shared.domain.identifiers import Identifier
from shared.domain.mapping import Mapping
from shared.domain.sources import Source
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.keys import identifier_hash
from shared.stores.refusal_store import RefusalStore
from shared.stores.tables import CATALOGUE, PROFILES
from tests import pipeline
from tests.conftest import SECRET, Deployment
from tests.faults import Failing, client_error
from tests.pipeline import collected, counts, kinesis_records, refusals, stored

SAMPLES = Path(__file__).parents[2] / "events" / "triggers"
SOURCE = "src_shop"
PEOPLE = b"id,name\n1,Mina\n2,Jun\n1,Mina\n"


class Time:
    """A context whose time is up after so many questions."""

    def __init__(self, answers: int = 1_000) -> None:
        self.left = answers

    def get_remaining_time_in_millis(self) -> int:
        self.left -= 1
        return 600_000 if self.left > 0 else 1_000


@pytest.fixture(autouse=True)
def source(aws: Deployment) -> None:
    CatalogueStore(aws.table(CATALOGUE)).put(Source(SOURCE, "A shop"))


def put(aws: Deployment, content: bytes, name: str = f"imports/{SOURCE}/people.csv", **metadata: str) -> str:
    """Put a file; the message that S3 sends of it."""
    etag = boto3.client("s3").put_object(Bucket=aws.bucket, Key=name, Body=content, Metadata=metadata)["ETag"]
    notice = json.loads((SAMPLES / "import_files.json").read_text())["Records"][0]["body"]
    body = json.loads(notice)
    body["Records"][0]["s3"]["object"] |= {"key": name, "eTag": etag.strip('"')}
    return json.dumps(body)


def run(*bodies: str, time: Time | None = None) -> list[str]:
    """Deliver messages; the ids of those that come again."""
    records = [{"messageId": f"message-{number}", "body": body} for number, body in enumerate(bodies)]
    answer = import_files({"Records": records}, time or Time())
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def waiting(aws: Deployment) -> list[str]:
    sqs = boto3.client("sqs")
    messages = sqs.receive_message(QueueUrl=aws.imports_url, MaxNumberOfMessages=10).get("Messages", [])
    for message in messages:
        sqs.delete_message(QueueUrl=aws.imports_url, ReceiptHandle=message["ReceiptHandle"])
    return [message["Body"] for message in messages]


def elements(aws: Deployment) -> list[dict[str, Any]]:
    return [element.value for data in collected(aws) for element in decode(data).elements]


def ids(aws: Deployment) -> list[str]:
    return [element["messageId"] for element in elements(aws)]


def test_every_row_of_a_file_comes_onto_the_stream_under_its_source(aws: Deployment) -> None:
    assert run(put(aws, gzip.compress(PEOPLE))) == []
    assert {decode(data).source_id for data in collected(aws)} == {SOURCE}
    first, *_, last = elements(aws)
    assert (first["id"], first["name"]) == ("1", "Mina")
    assert first["context"] == {"file": {"name": "people.csv", "line": 2}}
    assert first["messageId"] != last["messageId"]
    assert len(elements(aws)) == 3


def test_a_file_again_or_a_message_again_brings_the_same_ids(aws: Deployment) -> None:
    message = put(aws, PEOPLE)
    run(message, message)
    run(put(aws, PEOPLE, f"imports/{SOURCE}/copy.csv"))
    assert ids(aws) == ids(aws)[:3] * 3


def test_what_isnt_done_in_time_goes_on_from_a_message(aws: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "_MOST_ROWS", 2)
    content = b"id,name\n" + b"7,same\n" * 9
    bodies, runs = [put(aws, content)], 0
    while bodies:
        runs += 1
        assert run(*bodies, time=Time(2)) == []
        bodies = waiting(aws)
    assert runs == 3
    assert len(set(ids(aws))) == len(ids(aws)) == 9
    pieces = ids(aws)
    run(put(aws, content, f"imports/{SOURCE}/whole.csv"))
    assert ids(aws)[9:] == pieces


def test_a_repeated_message_of_the_rest_brings_nothing_new(aws: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "_MOST_ROWS", 2)
    run(put(aws, PEOPLE), time=Time(1))
    [rest] = waiting(aws)
    run(rest)
    run(rest)
    assert len(set(ids(aws))) == 3


def test_how_to_read_a_file_stands_beside_it(aws: Deployment) -> None:
    run(put(aws, "1;홍길동\n".encode("cp949"), encoding="cp949", delimiter=";", columns="id,name"))
    assert [(row["id"], row["name"]) for row in elements(aws)] == [("1", "홍길동")]


def test_bad_rows_go_on_as_what_they_are(aws: Deployment) -> None:
    run(put(aws, b"id,name\n1,a,b\n2,Jun\n"))
    bad, good = elements(aws)
    assert bad["unreadable"] == {"reason": "ragged", "text": "1,a,b"}
    assert good["name"] == "Jun"


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "empty_file"), ("이름\n홍길동\n".encode("cp949"), "wrong_encoding"), (b"id,id\n1,2\n", "duplicate_column")],
)
def test_a_file_that_cannot_be_read_is_one_element_and_the_queue_goes_on(
    aws: Deployment, content: bytes, code: str
) -> None:
    assert run(put(aws, content, f"imports/{SOURCE}/bad.csv"), put(aws, PEOPLE)) == []
    told, *rows = elements(aws)
    assert told["unreadable"]["reason"] == code
    assert told["context"]["file"] == {"name": "bad.csv", "line": 0}
    assert len(rows) == 3


@pytest.mark.parametrize(
    "name", ["imports/src_nobody/people.csv", "imports/people.csv", f"imports/{'s' * 200}/people.csv"]
)
def test_a_file_under_no_live_source_is_one_quarantined_element(aws: Deployment, name: str) -> None:
    assert run(put(aws, PEOPLE, name)) == []
    [told] = elements(aws)
    assert told["unreadable"]["reason"] == "unknown_source"
    assert stored(kinesis_records(*collected(aws))) == []
    assert refusals(aws) == [("unknown_source", None)]


def test_a_mapping_that_names_a_missing_column_is_one_element_and_no_row_is_put(aws: Deployment) -> None:
    catalogue = CatalogueStore(aws.table(CATALOGUE))
    catalogue.put(Mapping("people", "People", ({"op": "rename", "from": "emial", "to": "traits.email"},)))
    catalogue.put(Source("src_mapped", "A shop", mapping="people"))
    run(put(aws, PEOPLE, "imports/src_mapped/people.csv"))
    [told] = elements(aws)
    assert told["unreadable"]["reason"] == "no_such_column"
    assert "Rule 1 of the mapping reads emial" in told["unreadable"]["text"]


def test_a_file_that_is_gone_or_was_written_anew_is_left_alone(aws: Deployment) -> None:
    first = put(aws, PEOPLE)
    second = put(aws, b"id,name\n9,Sora\n")
    assert run(first, second) == []
    assert [row["name"] for row in elements(aws)] == ["Sora"]
    boto3.client("s3").delete_object(Bucket=aws.bucket, Key=f"imports/{SOURCE}/people.csv")
    assert run(second) == []


def test_a_stream_that_fails_brings_the_message_again_and_its_neighbours_go_on(
    aws: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, broken = importing.put_records, [True]

    def put_records(*args: Any) -> None:
        if broken.pop() if broken else False:
            raise TimeoutError("the stream is away")
        real(*args)

    monkeypatch.setattr(importing, "put_records", put_records)
    failing, fine = put(aws, PEOPLE), put(aws, PEOPLE, f"imports/{SOURCE}/other.csv")
    assert run(failing, fine) == ["message-0"]
    assert run(failing) == []
    assert ids(aws) == ids(aws)[:3] * 2


def test_what_s3_sends_to_try_the_queue_is_done(aws: Deployment) -> None:
    assert run(json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": aws.bucket})) == []


@pytest.mark.parametrize("name", ["import_files", "import_files_rest"])
def test_a_sample_of_a_file_that_is_gone_is_done(aws: Deployment, name: str) -> None:
    sample = json.loads((SAMPLES / f"{name}.json").read_text())
    assert import_files(sample, Time()) == {"batchItemFailures": []}


def test_a_row_from_another_file_or_line_is_a_duplicate_and_no_other_event(aws: Deployment) -> None:
    rows = b"type,event,userId,timestamp\n" + b"track,Order Completed,u1,2026-11-20T10:00:00Z\n"
    run(put(aws, rows), put(aws, b"\n\n" + rows, f"imports/{SOURCE}/again.csv"))
    assert stored(kinesis_records(*collected(aws))) == []
    assert refusals(aws) == []
    ends = counts(aws)
    assert (ends["stored"], ends["duplicate"]) == (1, 1)


def test_who_unsubscribed_in_a_file_is_heard_before_their_rows_are_on_the_stream(
    aws: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    to = "context.consent.decisions.newsletter.state"
    rules = ({"op": "rename", "from": "subscribed", "to": to}, {"op": "cast", "field": to, "as": "boolean"})
    whole = ({"op": "default", "field": "type", "value": "identify"}, {"op": "rename", "from": "id", "to": "userId"})
    catalogue = CatalogueStore(aws.table(CATALOGUE))
    catalogue.put(Mapping("list", "A list", (*whole, *rules)))
    pipeline.configured(aws, Source, SOURCE, mapping="list")
    message = put(aws, b"id,subscribed\n1,no\n2,yes\n3,\n")
    failing = Failing(clients.dynamodb(), "update_item", client_error("ThrottlingException"))
    with monkeypatch.context() as patch:
        patch.setattr("shared.stores.refusal_store.dynamodb", lambda: failing)
        assert run(message) == ["message-0"]
    assert collected(aws) == []
    assert run(message) == []
    assert len(elements(aws)) == 3
    anchors = {identifier_hash(SECRET, Identifier("user_id", f"{number}")): number for number in (1, 2, 3)}
    heard = RefusalStore(aws.table(PROFILES)).find(anchors)
    assert {anchors[one]: {*said} for one, said in heard.items()} == {1: {"newsletter"}}
