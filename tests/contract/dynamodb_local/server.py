"""Amazon's DynamoDB Local, started for the tests of a session on a free port."""

import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.ports import port
from tests.installing import node_packages

HERE = Path(__file__).parent
JARS = HERE / "node_modules" / "amplify-dynamodb-simulator" / "emulator"
REMEDY = "DynamoDB Local needs Java 11 or newer. Remedy: apt-get install default-jre-headless"
_SECONDS = 60


class NotStartedError(Exception):
    """DynamoDB Local ended, or never answered."""


def has_java() -> bool:
    java = shutil.which("java")
    return java is not None and subprocess.run([java, "-version"], capture_output=True).returncode == 0


def install() -> None:
    node_packages("DynamoDB Local", HERE)


@contextmanager
def running() -> Iterator[str]:
    """Its address, while it runs. Everything is in its memory and gone afterwards."""
    number = port("DYNAMODB_LOCAL_PORT")
    command = ["java", "-Xmx512m", "-Djava.library.path=./DynamoDBLocal_lib", "-jar", "DynamoDBLocal.jar"]
    command += ["-inMemory", "-sharedDb", "-disableTelemetry", "-port", str(number)]
    server = subprocess.Popen(
        command, cwd=JARS, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        address = f"http://127.0.0.1:{number}"
        _wait_until_it_answers(server, address)
        yield address
    finally:
        server.kill()
        server.wait()


def _wait_until_it_answers(server: subprocess.Popen[bytes], address: str) -> None:
    for _ in range(_SECONDS * 20):
        if server.poll() is not None:
            raise NotStartedError(f"DynamoDB Local ended with code {server.returncode}")
        try:
            urllib.request.urlopen(address)
        except urllib.error.HTTPError:
            return  # it wants a signed request, so it is there
        except OSError:
            time.sleep(0.05)
    raise NotStartedError(f"DynamoDB Local did not answer within {_SECONDS} s")
