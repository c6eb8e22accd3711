"""`python -m local invoke FUNCTION EVENT.json`: one invocation on the local cloud, with the end of its log."""

import base64
import json
from pathlib import Path

import boto3

from local import aws
from local.outputs import Outputs
from local.progress import say


class InvokeError(Exception):
    """The arguments name nothing that can be invoked; the message says what could be."""


def invoke(outputs: Outputs, function: str, event: Path) -> bool:
    """True where the function returned; False where it raised."""
    if function not in outputs.functions:
        raise InvokeError(f"no FN {function!r}; there are {', '.join(sorted(outputs.functions))}")
    payload = _payload(event)
    with aws.speaking_to(outputs.aws_endpoint_url):
        client = boto3.client("lambda")
        answer = client.invoke(FunctionName=outputs.functions[function], Payload=payload, LogType="Tail")
    say(base64.b64decode(answer.get("LogResult", "")).decode(errors="replace").rstrip())
    say(json.dumps(json.loads(answer["Payload"].read() or b"null"), indent=2, ensure_ascii=False))
    return "FunctionError" not in answer


def _payload(event: Path) -> bytes:
    if not event.is_file():
        raise InvokeError(f"no file {str(event)!r}. Remedy: EVENT=events/triggers/<function>.json")
    payload = event.read_bytes()
    try:
        json.loads(payload)
    except ValueError as error:
        raise InvokeError(f"{event} isn't JSON: {error}") from error
    return payload
