"""What a running local cloud tells its users: `outputs.json`, written atomically once everything stands."""

import json
import re
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from local.places import Places


@dataclass(frozen=True, slots=True)
class Outputs:
    """`tables`, `queues` and `functions` go from the name in the code to the deployed name (a queue: its URL)."""

    collect_url: str
    api_url: str
    write_key: str
    api_token: str
    source_id: str
    aws_endpoint_url: str
    region: str
    stage: str
    bus: str
    stream: str
    log_bucket: str
    identifier_key_secret: str
    tables: dict[str, str]
    queues: dict[str, str]
    functions: dict[str, str]

    def with_seed(self, write_key: str, api_token: str, source_id: str) -> "Outputs":
        return replace(self, write_key=write_key, api_token=api_token, source_id=source_id)


@dataclass(frozen=True, slots=True)
class Origins:
    """Where the front and the emulator listen."""

    collect_url: str
    api_url: str
    aws_endpoint_url: str
    region: str
    stage: str


def from_stack(stack: dict[str, str], origins: Origins) -> Outputs:
    """From the outputs of the deployed stack; the seed's values are still empty."""
    return Outputs(
        collect_url=origins.collect_url,
        api_url=origins.api_url,
        write_key="",
        api_token="",
        source_id="",
        aws_endpoint_url=origins.aws_endpoint_url,
        region=origins.region,
        stage=origins.stage,
        bus=stack["BusName"],
        stream=stack["EventsStreamName"],
        log_bucket=stack["LogBucketName"],
        identifier_key_secret=stack["IdentifierKeySecretName"],
        tables=_ending_in("Table", stack),
        queues=_ending_in("QueueUrl", stack),
        functions=_ending_in("FunctionName", stack),
    )


def _ending_in(suffix: str, stack: dict[str, str]) -> dict[str, str]:
    return {_snake(key.removesuffix(suffix)): value for key, value in stack.items() if key.endswith(suffix)}


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def read(places: Places) -> Outputs | None:
    if not places.outputs.is_file():
        return None
    return Outputs(**json.loads(places.outputs.read_text()))


def write(places: Places, outputs: Outputs) -> Path:
    partial = places.outputs.with_suffix(".partial")
    partial.write_text(json.dumps(asdict(outputs), indent=2) + "\n")
    partial.chmod(0o600)
    return partial.rename(places.outputs)
