"""A function's own client before servers that are busy, slow, forged or gone, over real connections."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from socket import SHUT_RDWR
from threading import Barrier
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError
from botocore.retries.standard import ThrottledRetryableChecker, TransientRetryableChecker

from local.certificates import issue
from shared.aws import clients, sending
from shared.aws.bus import BusEntry, put_entries
from shared.aws.dynamo import put_items, query
from shared.aws.lean import LeanClient
from shared.aws.role import BOTOCORES
from shared.aws.signing import Keys
from shared.aws.streams import StreamRecord, put_records
from tests.scripted import BUSY, CUT, HANG, THROTTLED, Script, Step, playing

OF = {"TableName": "t"}
ANSWER = {"Item": {"pk": {"S": "차"}, "b": {"B": "AP8="}}}
READ = {"Item": {"pk": {"S": "차"}, "b": {"B": b"\0\xff"}}}


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The longest that each wait may be: nobody waits."""
    most: list[float] = []
    monkeypatch.setattr(sending.random, "uniform", lambda least, longest: most.append(longest) or least)
    return most


@pytest.fixture
def script(slept: list[float], monkeypatch: pytest.MonkeyPatch) -> Iterator[Script]:
    """In Lambda, with all of AWS at one server."""
    for name in BOTOCORES:
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_LAMBDA_FUNCTION_NAME", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setattr("shared.aws.batching.time.sleep", lambda _: None)
    with playing(Script(done=ANSWER)) as served:
        monkeypatch.setenv("AWS_ENDPOINT_URL", served.url)
        clients.forget_clients()
        yield served
    clients.forget_clients()


def get() -> Any:
    return clients.dynamodb().get_item(**OF, Key={"pk": {"S": "1"}})


@pytest.mark.parametrize("step", [BUSY, (503, b"<html>"), THROTTLED, CUT], ids=str)
def test_what_passes_is_tried_again_and_signed_anew(
    script: Script, slept: list[float], step: Step, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = iter(range(10**6, 10**6 + 9))
    monkeypatch.setattr("shared.aws.signing.time.gmtime", lambda _, real=sending.time.gmtime: real(next(now)))
    script.steps = [step, step, step]
    assert get() == READ
    assert slept == [1, 2, 4]
    assert len({headers["authorization"] for headers, _ in script.asked}) == 4
    assert {headers["x-amz-security-token"] for headers, _ in script.asked} == {"test"}
    assert [body for _, body in script.asked] == [{**OF, "Key": {"pk": {"S": "1"}}}] * 4


def test_a_server_that_does_not_answer_is_given_up_and_tried_again(
    script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "READ_SECONDS", 0.05)
    script.steps = [HANG]
    assert get() == READ
    script.steps = [HANG] * 4
    with pytest.raises(BotoCoreError, match="timed out"):
        get()
    assert len(script.asked) == 6


@pytest.mark.parametrize(("step", "code"), [(BUSY, "InternalServerError"), (THROTTLED, "ThrottlingException")])
def test_after_four_tries_the_error_is_the_callers(script: Script, step: Step, code: str) -> None:
    script.steps = [step] * 9
    with pytest.raises(ClientError) as raised:
        get()
    assert raised.value.response["Error"]["Code"] == code
    assert len(script.asked) == 4


def test_who_is_not_there_is_told_as_botocore_tells_it(script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    clients.forget_clients()
    with pytest.raises(BotoCoreError, match="refused"):
        get()


@pytest.mark.parametrize(
    ("step", "code"),
    [
        ((400, {"__type": "x#ConditionalCheckFailedException"}), "ConditionalCheckFailedException"),
        ((400, {"__type": "Refused:http://aws.test/x#y"}), "Refused"),
        ((403, b"?"), "403"),
        ((403, b"[]"), "403"),
    ],
)
def test_a_refusal_is_told_at_once(script: Script, slept: list[float], step: Step, code: str) -> None:
    script.steps = [step]
    with pytest.raises(clients.dynamodb().exceptions.from_code(code)):  # type: ignore[attr-defined]
        get()
    assert (len(script.asked), slept) == (1, [])


def test_a_transaction_is_the_same_however_often_it_is_sent(script: Script) -> None:
    script.steps = [BUSY, CUT]
    for _ in range(2):
        clients.dynamodb().transact_write_items(TransactItems=[])
    tokens = [body["ClientRequestToken"] for _, body in script.asked]
    assert tokens[0] == tokens[1] == tokens[2] != tokens[3]


def test_a_connection_is_kept_and_made_anew_when_it_has_ended(script: Script, slept: list[float]) -> None:
    for _ in range(3):
        get()
    assert len(script.connections) == 1
    script.ends_connections = True
    for _ in range(3):
        get()
        wait_for_the_end()
    assert len(script.connections) == 3
    assert (len(script.asked), slept) == (6, [])


def test_where_one_kept_connection_has_died_unheard_the_others_are_not_tried(
    script: Script, slept: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A function that was frozen may have dozens of them, and four tries."""
    host = clients.dynamodb()._host  # type: ignore[attr-defined]
    monkeypatch.setattr(sending, "select", lambda *_: ([], [], []))
    for _ in range(sending.TRIES):
        connection = host._opened()
        connection.sock.shutdown(SHUT_RDWR)
        host._idle.append(connection)
    assert get() == READ
    assert slept == [1]
    assert len(host._idle) == 1


def wait_for_the_end() -> None:
    """Until the other side's end of the kept connection is here."""
    (connection,) = clients.dynamodb()._host._idle  # type: ignore[attr-defined]
    sending.select([connection.sock], [], [], 5)


def test_threads_have_connections_of_their_own_and_keep_them(script: Script) -> None:
    together = Barrier(4)

    def ask(_: int) -> Any:
        together.wait()
        return get()

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(ask, range(40))) == [READ] * 40
    assert len(script.connections) <= 4


def test_what_botocore_tries_again_is_tried_again() -> None:
    throttled, transient = ThrottledRetryableChecker, TransientRetryableChecker
    assert {*throttled._THROTTLED_ERROR_CODES, *transient._TRANSIENT_ERROR_CODES} == sending._PASSING
    assert set(transient._TRANSIENT_STATUS_CODES) == sending._BUSY


def test_a_request_says_in_which_trace_it_is_and_who_asks(script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lambda ends loops of functions by it, as it does with botocore's requests."""
    get()
    monkeypatch.setenv("_X_AMZN_TRACE_ID", "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1")
    get()
    (before, _), (traced, _) = script.asked
    assert "x-amzn-trace-id" not in before
    assert traced["x-amzn-trace-id"].startswith("Root=1-")
    assert traced["user-agent"] == "jogakbo"


def test_what_failed_in_part_is_sent_again(script: Script) -> None:
    failed, done = {"ErrorCode": "ProvisionedThroughputExceededException"}, {"SequenceNumber": "1"}
    script.steps = [(200, {"FailedRecordCount": 1, "Records": [done, failed]}), (200, {"Records": [done]})]
    put_records("s", [StreamRecord("a", b"\0"), StreamRecord("b", b"\xff")])
    assert [[one["Data"] for one in body["Records"]] for _, body in script.asked] == [["AA==", "/w=="], ["/w=="]]
    script.asked.clear()
    left = {"PutRequest": {"Item": {"pk": {"S": "2"}, "b": {"B": "/w=="}}}}
    script.steps = [(200, {"UnprocessedItems": {"t": [left]}}), (200, {})]
    put_items("t", [{"pk": "1", "b": b"\0"}, {"pk": "2", "b": b"\xff"}])
    assert [body["RequestItems"]["t"][-1] for _, body in script.asked] == [left, left]


def test_null_is_nothing_as_it_is_to_botocore(script: Script) -> None:
    """What was put isn't put again because its error is said to be null."""
    entry = BusEntry("s", "t", "{}")
    script.steps = [(200, {"FailedEntryCount": 0, "Entries": [{"EventId": "1", "ErrorCode": None}]})]
    assert put_entries("b", [entry]) == []
    assert len(script.asked) == 1
    script.steps = [(200, {"Items": [ANSWER["Item"]], "LastEvaluatedKey": None})]
    assert list(query("t", "차")) == [{"pk": "차", "b": b"\0\xff"}]
    assert len(script.asked) == 2


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[tuple[Script, Path, Callable[[], LeanClient]]]:
    """A server with a certificate, that of its authority, and a client that hasn't read yet whom to trust."""
    issued = issue("localhost")
    (tmp_path / "own.pem").write_text(issued.certificate + issued.private_key)
    (tmp_path / "authority.pem").write_text(issued.authority)
    with playing(Script(done=ANSWER), tmp_path / "own.pem") as served, pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", served.url)

        def client() -> LeanClient:
            sending._trusting.cache_clear()
            return LeanClient("dynamodb", "eu-west-1", Keys("a", "s", ""))

        yield served, tmp_path / "authority.pem", client
    sending._trusting.cache_clear()


def test_a_server_that_nobody_vouches_for_is_told_nothing(
    secure: tuple[Script, Path, Callable[[], LeanClient]], slept: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    served, authority, client = secure
    for name in ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(BotoCoreError, match="CERTIFICATE_VERIFY_FAILED"):
        client().get_item(**OF)
    assert served.asked == []
    monkeypatch.setenv("AWS_CA_BUNDLE", str(authority))
    assert client().get_item(**OF) == READ
    monkeypatch.setenv("AWS_ENDPOINT_URL", served.url.replace("localhost", "127.0.0.1"))
    with pytest.raises(BotoCoreError, match="CERTIFICATE_VERIFY_FAILED"):
        client().get_item(**OF)
