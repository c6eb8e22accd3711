"""Brings the local cloud of a checkout up, and takes it down."""

import fcntl
import shutil
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from local import aws, deployment, processes
from local.outputs import Origins, Outputs, from_stack, read, write
from local.places import Places
from local.ports import is_taken, port
from local.progress import say, step
from local.seed import seed

EMULATOR, FRONT = "emulator", "front"
START_SECONDS = 60.0


class CloudError(Exception):
    """The local cloud can't be brought up; the message is for a person."""


def up(places: Places, iam: bool = False) -> Outputs:
    """Starts it, or deploys again to the one that runs. A first start that fails leaves nothing running."""
    with _alone(places):
        if problem := leftover(places):
            say(f"A half-started local cloud was found ({problem}); it is cleaned up first.")
            _clean(places)
        if processes.find(places, EMULATOR):
            return _deploy(places, aws_endpoint(places), first=False)
        try:
            with step("Start the emulator"):
                endpoint_url = start_emulator(places, iam)
            return _deploy(places, endpoint_url, first=True)
        except BaseException:
            _clean(places)
            raise


def down(places: Places) -> bool:
    """True where something was running."""
    with _alone(places):
        return _clean(places)


def running(places: Places) -> Outputs | None:
    """The outputs of a cloud that runs whole; None otherwise."""
    return None if leftover(places) or not processes.find(places, EMULATOR) else read(places)


def leftover(places: Places) -> str | None:
    """What is wrong with what an earlier run left; None where it runs whole or nothing is there."""
    alive = {name: processes.find(places, name) is not None for name in (EMULATOR, FRONT)}
    if not any(alive.values()) and not places.processes.exists() and not places.outputs.exists():
        return None
    for name, is_alive in alive.items():
        if not is_alive:
            return f"the {name} is not running"
    if read(places) is None:
        return "its outputs are missing"
    if not _answers(aws_endpoint(places)):
        return "the emulator does not answer"
    return None


def aws_endpoint(places: Places) -> str:
    emulator = processes.find(places, EMULATOR)
    if emulator is None:
        raise CloudError("The local cloud is not running. Remedy: make up")
    return f"http://127.0.0.1:{emulator.command[emulator.command.index('--port') + 1]}"


def _deploy(places: Places, endpoint_url: str, first: bool) -> Outputs:
    earlier = read(places)
    with step("Build the functions"):
        deployment.build(places, endpoint_url)
    if first:
        with step("Bootstrap the account, synthesise the stack"):
            deployment.bootstrap_and_synthesise(places, endpoint_url)
    else:
        with step("Synthesise the stack"):
            deployment.synthesise(places, endpoint_url)
    with step("Deploy with the cdk CLI"):
        stack = deployment.deploy(places, endpoint_url)
    with step("Open the two origins"):
        origins = _start_front(places, endpoint_url, stack, earlier)
    with step("Give it a source and keys"):
        outputs = seed(from_stack(stack, origins), earlier)
    write(places, outputs)
    return outputs


def start_emulator(places: Places, iam: bool) -> str:
    number = port("JOGAKBO_PORT")
    if is_taken(number):
        raise CloudError(f"Port {number} is taken. Remedy: set JOGAKBO_PORT to another")
    command = [sys.executable, "-m", "local.emulator", "--port", str(number), "--directory", str(places.emulator)]
    processes.start(places, EMULATOR, command + (["--iam"] if iam else []))
    endpoint_url = f"http://127.0.0.1:{number}"
    _wait_until_up(places, EMULATOR, lambda: _answers(endpoint_url))
    return endpoint_url


def _start_front(places: Places, endpoint_url: str, stack: dict[str, str], earlier: Outputs | None) -> Origins:
    """Keeps the ports, and the process too, of a deployment that changed no API id."""
    collect = _port_of(earlier.collect_url) if earlier else port("JOGAKBO_COLLECT_PORT")
    api = _port_of(earlier.api_url) if earlier else port("JOGAKBO_API_PORT")
    command = [sys.executable, "-m", "local.front", "--emulator-port", str(_port_of(endpoint_url))]
    command += ["--serve", f"{collect}={stack['CollectApiId']}", "--serve", f"{api}={stack['ReadApiId']}"]
    origins = Origins(f"http://127.0.0.1:{collect}", f"http://127.0.0.1:{api}", endpoint_url, aws.REGION, aws.STAGE)
    serving = processes.find(places, FRONT)
    if serving and serving.command == command:
        return origins
    processes.stop(places, FRONT)
    for number in (collect, api):
        if is_taken(number):
            raise CloudError(f"Port {number} is taken. Remedy: set JOGAKBO_COLLECT_PORT and JOGAKBO_API_PORT to others")
    processes.start(places, FRONT, command)
    _wait_until_up(places, FRONT, lambda: is_taken(collect) and is_taken(api))
    return origins


def _port_of(url: str) -> int:
    return int(url.rsplit(":", 1)[1])


def _wait_until_up(places: Places, name: str, is_up: Callable[[], bool]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not is_up():
        if processes.find(places, name) is None or time.monotonic() > deadline:
            log = places.logs / f"{name}.log"
            raise CloudError(f"The {name} did not start:\n{log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.05)


def _answers(endpoint_url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{endpoint_url}/_ministack/health", timeout=5) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def _clean(places: Places) -> bool:
    """Stops what this folder's runs started and removes what they left, save the logs."""
    stopped = [processes.stop(places, name) for name in (FRONT, EMULATOR)]
    for folder in (places.processes, places.emulator, places.assembly):
        shutil.rmtree(folder, ignore_errors=True)
    places.outputs.unlink(missing_ok=True)
    return any(stopped)


@contextmanager
def _alone(places: Places) -> Iterator[None]:
    """One `up` or `down` at a time in a folder; the second one waits."""
    places.root.mkdir(parents=True, exist_ok=True)
    with places.lock.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another command is changing this local cloud; waiting for it.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
