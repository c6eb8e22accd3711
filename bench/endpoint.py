"""AWS as an HTTP endpoint in a process of its own: real boto3 clients run, and its work isn't measured with theirs.

DynamoDB is the fake of the tests, as it goes over the wire; the other services answer that all went well.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
SECRETS = {"identifier-key": "an identifier key of the bench", "suppression-keys": '{"current": "1", "1": "a key"}'}


@contextmanager
def endpoint() -> Iterator[str]:
    """Its URL, as long as it runs."""
    command = [sys.executable, "-m", "bench.endpoint"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout  # noqa: S101 - it was asked for
        try:
            yield process.stdout.readline().strip()
        finally:
            process.communicate("")


def _serve() -> None:
    from shared.stores.tables import TABLES
    from tests.fakes.dynamo import FakeDynamo
    from tests.fakes.parts import RefusedError

    fake = FakeDynamo()
    for table in TABLES:
        fake.tables[table.name] = {}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # an answer in one packet
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            request = json.loads(self._body())
            request.pop("ClientRequestToken", None)  # botocore's own; the fake has no repeats
            service, _, operation = self.headers["X-Amz-Target"].partition(".")
            if not service.startswith("DynamoDB"):
                self._answer(200, _ANSWERS[operation](request))
                return
            try:
                self._answer(200, fake.call(operation, request))
            except RefusedError as refused:
                said = {"__type": f"com.amazonaws.dynamodb.v20120810#{refused.code}", "message": refused.text}
                self._answer(400, {**said, "CancellationReasons": list(refused.reasons)})

        def do_PUT(self) -> None:
            self._body()
            self._answer(200, None, {"ETag": '"e"'})

        def _body(self) -> bytes:
            return self.rfile.read(int(self.headers["Content-Length"]))

        def _answer(self, status: int, said: Any, headers: Mapping[str, str] | None = None) -> None:
            body = b"" if said is None else json.dumps(said).encode()
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Nothing: nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    sys.stdout.write(f"http://127.0.0.1:{server.server_port}\n")
    sys.stdout.flush()
    import threading

    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()


_DONE = {"SequenceNumber": "1", "ShardId": "shardId-000000000000"}


def _sent(request: Mapping[str, Any]) -> Any:
    return {"Successful": [{"Id": one["Id"], "MessageId": "m"} for one in request["Entries"]], "Failed": []}


_ANSWERS: dict[str, Callable[[Any], Any]] = {
    "PutRecord": lambda _: _DONE,
    "PutRecords": lambda request: {"FailedRecordCount": 0, "Records": [_DONE] * len(request["Records"])},
    "SendMessageBatch": _sent,
    "GetSecretValue": lambda request: {"SecretString": SECRETS[request["SecretId"]]},
}

if __name__ == "__main__":
    _serve()
