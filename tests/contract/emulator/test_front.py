"""The front hands requests on to the emulator as they are, and says so when there is none."""

import base64
import gzip
import http.client
import json
import socket
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from local import processes
from local.places import Places
from local.ports import is_taken, port
from tests.contract.emulator.support import Emulator, echo_api, until

JSON = {"Content-Type": "application/json"}


class Client:
    """One connection, kept alive, to an origin of the front."""

    def __init__(self, number: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", number, timeout=20)

    def send(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> tuple[int, Any]:
        self.connection.request(method, path, body, headers or {}, encode_chunked=not isinstance(body, bytes))
        answer = self.connection.getresponse()
        return answer.status, json.loads(answer.read() or b"null")


def start_front(places: Places, emulator_port: int, api_id: str) -> int:
    number = port("JOGAKBO_NO_SUCH_SETTING")
    command = [sys.executable, "-m", "local.front", "--emulator-port", str(emulator_port)]
    processes.start(places, f"front-{number}", [*command, "--serve", f"{number}={api_id}"])
    until(lambda: is_taken(number))
    return number


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Places]:
    places = Places(tmp_path_factory.mktemp("front"))
    yield places
    for file in list(places.processes.iterdir()):
        processes.stop(places, file.stem)


@pytest.fixture(scope="module")
def origin(emulator: Emulator, places: Places) -> int:
    api_id = emulator.deploy(echo_api(), outputs={"Id": {"Ref": "Api"}})["Id"]
    return start_front(places, int(emulator.endpoint_url.rsplit(":", 1)[1]), api_id)


def test_path_query_headers_and_body_arrive_as_they_were_sent(origin: int) -> None:
    headers = {**JSON, "X-Mark": "Ä b".encode().decode("latin-1"), "Host": "collect.example.com"}
    status, event = Client(origin).send("POST", "/v1/track?a=1&b=%2F+x%20y&a=2", b'{"n":1}', headers)
    assert status == 200
    assert event["rawPath"] == "/v1/track"
    assert event["rawQueryString"] == "a=1&b=%2F+x%20y&a=2"
    assert event["headers"]["x-mark"] == "Ä b"
    assert event["headers"]["host"] == "collect.example.com"
    assert event["body"] == '{"n":1}'


def test_the_client_s_address_is_added_to_those_it_names(origin: int) -> None:
    _, event = Client(origin).send("POST", "/v1/track", b"{}", {**JSON, "X-Forwarded-For": "203.0.113.9"})
    assert event["headers"]["x-forwarded-for"] == "203.0.113.9, 127.0.0.1"


def test_a_chunked_gzip_body_arrives_intact(origin: int) -> None:
    body = gzip.compress(b'{"userId":"u1"}' * 1000)
    chunks = iter([body[:7], body[7:20], body[20:]])
    _, event = Client(origin).send("POST", "/v1/batch", chunks, {**JSON, "Content-Encoding": "gzip"})
    assert base64.b64decode(event["body"]) == body


def test_one_connection_serves_many_requests(origin: int) -> None:
    client = Client(origin)
    client.send("POST", "/v1/track", b"{}", JSON)
    first = client.connection.sock
    assert [client.send("POST", "/v1/track", iter([b"%d" % n]), JSON)[1]["body"] for n in range(3)] == ["0", "1", "2"]
    assert client.connection.sock is first


def test_a_megabyte_arrives_whole(origin: int) -> None:
    body = json.dumps({"filler": "x" * 1_000_000}).encode()
    _, event = Client(origin).send("POST", "/v1/track", body, JSON)
    assert event["body"].encode() == body


def test_thirty_two_clients_at_once_get_their_own_answers(origin: int) -> None:
    def ask(number: int) -> int:
        client = Client(origin)
        return sum(int(client.send("POST", "/v1/track", b"%d" % number, JSON)[1]["body"]) for _ in range(5))

    with ThreadPoolExecutor(32) as pool:
        assert list(pool.map(ask, range(32))) == [5 * number for number in range(32)]


def test_a_client_that_waits_to_be_asked_for_its_body_is_asked(origin: int) -> None:
    with socket.create_connection(("127.0.0.1", origin), timeout=20) as client:
        client.sendall(b"POST /v1/track HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 100")
        client.sendall(b"{}")
        assert client.recv(100).startswith(b"HTTP/1.1 200")


def test_an_upgrade_to_http2_is_not_handed_on(origin: int) -> None:
    wish = {**JSON, "Upgrade": "h2c", "HTTP2-Settings": "AAMAAABkAARAAAAAAAIAAAAA", "Connection": "Upgrade"}
    status, event = Client(origin).send("POST", "/v1/track", b"{}", wish)
    assert status == 200
    assert "upgrade" not in event["headers"]


def test_what_is_not_http_is_answered_with_400(origin: int) -> None:
    with socket.create_connection(("127.0.0.1", origin), timeout=20) as client:
        client.sendall(b"hello\r\n\r\n")
        assert client.recv(1000).startswith(b"HTTP/1.1 400")


def test_without_an_emulator_each_request_gets_a_502_that_says_what_to_do(places: Places) -> None:
    number = start_front(places, port("JOGAKBO_NO_SUCH_SETTING"), "any")
    for body in (b"{}", b"x" * 2_000_000):
        status, answer = Client(number).send("POST", "/v1/track", body, JSON)
        assert status == 502
        assert answer == {"message": "The local cloud does not answer. Remedy: make up"}
