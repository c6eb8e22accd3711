"""The webhook client against servers on this machine that do what bad servers do."""

import socket
import ssl
import time
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from shared.destinations.webhook import client
from shared.destinations.webhook.address_guard import Target, check
from shared.destinations.webhook.client import Answer, post
from tests.component.receiver import Receiver, Reply, hang_up, receiving, status

HOST = "hooks.example.test"


def at(receiver: Receiver, path: str = "/hook?x=1", scheme: str = "http", host: str = HOST) -> Target:
    return Target("https" if scheme == "https" else "http", host, receiver.port, path, ("127.0.0.1",))


def test_the_body_arrives_whole_with_its_headers_at_the_path_and_host_of_the_url() -> None:
    with receiving(status(204)) as receiver:
        body = '{"이름":"값"}'.encode() * 10_000
        assert post(at(receiver), body, {"Content-Type": "application/json", "webhook-id": "fact-1"}) == Answer(204)
    (got,) = receiver.received
    assert (got.path, got.body) == ("/hook?x=1", body)
    assert got.headers["host"] == f"{HOST}:{receiver.port}"
    assert got.headers["webhook-id"] == "fact-1"


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirect_is_a_failure_and_is_never_followed(code: int) -> None:
    with receiving() as inside, receiving(status(code, Location=inside.url)) as receiver:
        answer = post(at(receiver), b"{}", {})
        assert (answer.code, answer.is_success) == (code, False)
        assert inside.received == []


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        ("0", 0),
        ("-1", None),
        ("1.5", None),
        ("Wed, 21 Oct 2026 07:28:00 GMT", None),
        ("9" * 30, None),
        ("²", None),
    ],
)
def test_retry_after_is_read_in_whole_seconds_only(header: str, seconds: int | None) -> None:
    with receiving(status(429, Retry_After=header)) as receiver:
        assert post(at(receiver), b"{}", {}).retry_after == seconds


def silent(request: BaseHTTPRequestHandler) -> None:
    time.sleep(2)


def dripping(request: BaseHTTPRequestHandler) -> None:
    """A header that never ends, a byte at a time: no single read is slow."""
    request.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    for _ in range(100):
        request.wfile.write(b"x")
        time.sleep(0.05)


def continuing(request: BaseHTTPRequestHandler) -> None:
    for _ in range(100):
        request.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        time.sleep(0.05)


@pytest.mark.parametrize("reply", [silent, dripping, continuing])
def test_however_a_server_dawdles_the_whole_exchange_ends_in_time(reply: Reply) -> None:
    with receiving(reply) as receiver:
        started = time.monotonic()
        assert post(at(receiver), b"{}", {}, timeout=0.4) == Answer(failure="timeout")
        assert time.monotonic() - started < 4  # the server itself goes on for 5


def endless(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.end_headers()
    while True:
        request.wfile.write(b"x" * 65536)


def test_of_an_endless_body_only_the_start_is_read() -> None:
    with receiving(endless) as receiver:
        assert post(at(receiver), b"{}", {}).code == 200


def garbage(request: BaseHTTPRequestHandler) -> None:
    request.wfile.write(b"\x00\x01 this is not HTTP\r\n\r\n")


@pytest.mark.parametrize("reply", [hang_up, garbage])
def test_what_is_no_http_is_a_failed_connection(reply: Reply) -> None:
    with receiving(reply) as receiver:
        assert post(at(receiver), b"{}", {}) == Answer(failure="connection")


def test_nobody_listening_is_a_failed_connection_and_the_next_address_is_tried() -> None:
    with receiving() as receiver:
        nobody = Target("http", HOST, receiver.port, "/", ("127.0.0.9",))
        both = Target("http", HOST, receiver.port, "/", ("127.0.0.9", "127.0.0.1"))
        assert post(nobody, b"{}", {}) == Answer(failure="connection")
        assert post(both, b"{}", {}).is_success


def test_a_second_answer_of_the_dns_moves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rebinding: the name is public when it is checked and private when it is connected to."""
    answers = iter([["93.184.216.34"], ["127.0.0.1"]])
    target = check("https://hooks.example.test:8443/", resolver=lambda host, port: next(answers))
    assert isinstance(target, Target)
    asked, connected = [], []

    def refusing(address: tuple[str, int], timeout: float) -> socket.socket:
        connected.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **_: asked.append(args))
    monkeypatch.setattr(socket, "create_connection", refusing)
    assert post(target, b"{}", {}) == Answer(failure="connection")
    assert connected == [("93.184.216.34", 8443)]
    assert asked == []


@pytest.fixture
def server_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A server certificate for HOST that the client trusts."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(days=1), now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    encoding = serialization.Encoding.PEM
    plain = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = tmp_path / "server.pem"
    path.write_bytes(plain + certificate.public_bytes(encoding))
    trusting = ssl.create_default_context(cadata=certificate.public_bytes(encoding).decode())
    monkeypatch.setattr(client, "_tls", lambda: trusting)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


def test_over_tls_the_checked_address_is_used_and_the_certificate_is_the_hosts(server_tls: ssl.SSLContext) -> None:
    with receiving(tls=server_tls) as receiver:
        assert post(at(receiver, scheme="https"), b"{}", {}).is_success
        assert post(at(receiver, scheme="https", host="other.example.test"), b"{}", {}) == Answer(failure="tls")
    assert len(receiver.received) == 1


def test_over_tls_a_dripping_server_ends_in_time(server_tls: ssl.SSLContext) -> None:
    with receiving(dripping, tls=server_tls) as receiver:
        started = time.monotonic()
        assert post(at(receiver, scheme="https"), b"{}", {}, timeout=0.5) == Answer(failure="timeout")
        assert time.monotonic() - started < 4  # the server itself goes on for 5


def test_a_server_that_never_shakes_hands_ends_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        target = Target("https", HOST, listener.getsockname()[1], "/", ("127.0.0.1",))
        assert post(target, b"{}", {}, timeout=0.4) == Answer(failure="timeout")
