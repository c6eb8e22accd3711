"""A refused event is found, understood, mended and sent again with the README alone: its very commands are run."""

import json
import os
import re
import subprocess
from dataclasses import asdict
from pathlib import Path

import pytest

from local.outputs import Outputs
from local.places import CHECKOUT
from tests.e2e.people import eventually, fresh, has, read

pytestmark = pytest.mark.e2e
_DEFINES_OUT = re.compile(r"^    (out\(\) .+)$", re.MULTILINE)
_SECTION = re.compile(r"^## Mend what was refused\n(.+?)^## ", re.MULTILINE | re.DOTALL)
MENDED = "sed -i s/yesterday/2026-11-21T09:30:00Z/"


def readme() -> tuple[str, list[str]]:
    """How the README reads `.local/outputs.json`, and the commands of its section on quarantine, in blocks."""
    text = (CHECKOUT / "README.md").read_text()
    section, defined = _SECTION.search(text), _DEFINES_OUT.search(text)
    assert section
    assert defined
    blocks = re.findall(r"(?:^    .+\n)+", section[1], re.MULTILINE)
    return defined[1], blocks


class Person:
    """Types what the README says, with ids of their own, into a shell where the editor is `MENDED`."""

    def __init__(self, cloud: Outputs, directory: Path, names: dict[str, str]) -> None:
        self.outputs = directory / "outputs.json"
        self.outputs.write_text(json.dumps(asdict(cloud)))
        self.names = names

    def types(self, *blocks: str) -> str:
        text = "\n".join(("set -eu", *blocks)).replace(".local/outputs.json", str(self.outputs))
        for name, own in self.names.items():
            text = text.replace(name, own)
        environment = {**os.environ, "EDITOR": MENDED, "VISUAL": "", "PYTHONPATH": str(CHECKOUT)}
        done = subprocess.run(
            ["bash", "-c", text], cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


def test_a_refused_event_is_found_mended_and_stored_once_with_the_commands_of_the_readme(
    cloud: Outputs, tmp_path: Path
) -> None:
    user, message_id = fresh("user"), fresh("order")
    person = Person(cloud, tmp_path, {"u-1": user, "order-1": message_id})
    out, (send, review) = readme()
    assert "success" in person.types(out, send)

    def waiting() -> list[str]:
        answer = read(cloud, "/v1/quarantine", source=cloud.source_id, state="waiting").json()
        return [entry["id"] for entry in answer["entries"] if entry["message_id"] == message_id]

    (entry_id,) = eventually(waiting, "the refused event in quarantine")
    said = person.types(out, review)
    assert "invalid_timestamp (timestamp): " in said
    assert "Send an ISO-8601 date-time" in said
    assert f"  {entry_id}\n" in said
    assert '"timestamp": "yesterday"' in said
    assert "Sent 1: 1 stored." in said
    before = has(cloud, f"user_id:{user}", Order_Completed=1)
    assert before["events"]["Order Completed"]["last"] == "2026-11-21T09:30:00.000Z"

    again = person.types(out, review)
    assert "Sent 1: 1 stored." in again
    assert has(cloud, f"user_id:{user}", Order_Completed=1) == before
    (event,) = read(cloud, f"/v1/profiles/user_id:{user}/events").json()["events"]
    assert event["message_id"] == message_id
