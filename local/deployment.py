"""Builds, bootstraps, synthesises and deploys with the real cdk CLI, into the emulator."""

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from subprocess import DEVNULL

import boto3

from local import aws
from local.places import CHECKOUT, Places

CDK = CHECKOUT / "node_modules" / ".bin" / "cdk"
STACK = f"jogakbo-{aws.STAGE}"
LINES_SHOWN = 25


class DeploymentError(Exception):
    """A command failed; the message has its last lines and names its log."""


def build(places: Places, endpoint_url: str) -> None:
    """The functions' assets, for the interpreter that runs the emulator."""
    _run(places, endpoint_url, "build", [sys.executable, "-m", "infra.packaging"])


def bootstrap_and_synthesise(places: Places, endpoint_url: str) -> None:
    """At the same time, since neither needs the other and both take long."""
    with ThreadPoolExecutor() as pool:
        works = [pool.submit(work, places, endpoint_url) for work in (_bootstrap, synthesise)]
    for work in works:
        work.result()


def _bootstrap(places: Places, endpoint_url: str) -> None:
    """Away from cdk.json, whose app the CLI would run for nothing."""
    command = [str(CDK), "bootstrap", f"aws://{aws.ACCOUNT}/{aws.REGION}"]
    _run(places, endpoint_url, "bootstrap", command, directory=places.root)


def synthesise(places: Places, endpoint_url: str) -> None:
    shutil.rmtree(places.assembly, ignore_errors=True)  # it would keep the assets of every earlier deployment
    outlets = ",".join((aws.PARTNER_BUS, aws.FACTS_QUEUE, aws.FACTS_STREAM))
    context = [f"stage={aws.STAGE}", f"destination_arns={outlets}"]
    chosen = [word for one in context for word in ("--context", one)]
    arguments = ["--quiet", *chosen, "--output", str(places.assembly)]
    _run(places, endpoint_url, "synth", [str(CDK), "synth", *arguments])


def deploy(places: Places, endpoint_url: str) -> dict[str, str]:
    """The synthesised stack, without a change set; returns the stack's outputs."""
    arguments = ["--app", str(places.assembly), "--method", "direct", "--require-approval", "never"]
    _run(places, endpoint_url, "deploy", [str(CDK), "deploy", *arguments, "--progress", "events", STACK])
    with aws.speaking_to(endpoint_url):
        stacks = boto3.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in stacks[0]["Outputs"]}


def _run(places: Places, endpoint_url: str, name: str, command: list[str], directory: Path = CHECKOUT) -> None:
    places.logs.mkdir(parents=True, exist_ok=True)
    log = places.logs / f"{name}.log"
    environment = _environment(endpoint_url)
    with log.open("w") as output:
        code = subprocess.call(command, cwd=directory, env=environment, stdin=DEVNULL, stdout=output, stderr=output)
    if code:
        raise DeploymentError(f"{name} failed:\n{_tail(log)}\nAll of it: {log}")


def _environment(endpoint_url: str) -> dict[str, str]:
    environment = aws.environment(endpoint_url) | {
        "JOGAKBO_TARGET": "local",
        "JSII_SILENCE_WARNING_DEPRECATED_NODE_VERSION": "1",
        "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20",
        "NODE_NO_WARNINGS": "1",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # without byte code, synth takes twice as long each time
    return environment


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-LINES_SHOWN:])
