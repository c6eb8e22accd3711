"""The catalogue on the local cloud: files become sources that take events, revoked keys are refused, and export gives
the same files again."""

import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from local.outputs import Outputs
from tests.e2e.people import aws, eventually, fresh, has, read, track

pytestmark = pytest.mark.e2e


def run(cloud: Outputs, *arguments: str | Path) -> Result:
    done = CliRunner().invoke(
        app, [*map(str, arguments), "--api-url", cloud.api_url, "--api-token", cloud.api_token], env={"COLUMNS": "300"}
    )
    assert done.exception is None or done.exit_code, done.exception
    return done


def send_with(cloud: Outputs, write_key: str, event: Any) -> int:
    return httpx.post(f"{cloud.collect_url}/v1/track", auth=(write_key, ""), json=event, timeout=30).status_code


def restarted(cloud: Outputs, function: str) -> None:
    """Warm processes keep a key for a minute; a new one asks anew."""
    functions, name = aws(cloud, "lambda"), cloud.functions[function]
    settings = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    functions.update_function_configuration(FunctionName=name, Environment={"Variables": settings})


def test_files_become_sources_that_take_events_until_their_key_is_revoked(cloud: Outputs, tmp_path: Path) -> None:
    shop, plan, long, user = fresh("shop"), fresh("plan"), fresh("long"), fresh("user")
    files = {
        f"retention-classes/{long}.yaml": "days: 730\n",
        f"tracking-plans/{plan}.yaml": "name: Shop\nevents:\n  Order Completed: {required: [total]}\n"
        "invalid: quarantine\n",
        f"sources/{shop}.yaml": f"name: Shop\nkind: web\ntracking_plan: {plan}\nretention_class: {long}\n",
    }
    folder = tmp_path / "configuration"
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    assert run(cloud, "plan", folder).exit_code == 2
    applied = run(cloud, "apply", folder, "--yes")
    assert applied.exit_code == 0, applied.output
    assert run(cloud, "plan", folder).exit_code == 0
    texts = {name: (folder / name).read_bytes() for name in files}
    run(cloud, "export", folder)
    assert {name: (folder / name).read_bytes() for name in files} == texts

    key = re.search(r"write_key +(\S+)", run(cloud, "source", "key", "add", shop).output)
    assert key
    assert send_with(cloud, key[1], track(user, "Order Completed", fresh("m"), properties={"total": 5})) == 200
    assert send_with(cloud, key[1], track(user, "Order Completed", fresh("m"), properties={})) == 200
    has(cloud, f"user_id:{user}", Order_Completed=1)

    def ended() -> dict[str, Any] | None:
        found: dict[str, Any] = read(cloud, f"/v1/sources/{shop}/health").json()
        return found if found["day"]["received"] == 2 else None

    health = eventually(ended, "two events in the source's health")
    assert (health["day"]["stored"], health["day"]["quarantined"], health["adds_up"]) == (1, 1, True)
    assert (health["retention_days"], health["last_seen"]) == (730, health["present"]["hour"])

    (held,) = read(cloud, f"/v1/sources/{shop}/write-keys").json()["write_keys"]
    assert run(cloud, "source", "key", "revoke", shop, held["id"], "--yes").exit_code == 0
    restarted(cloud, "collect_events")
    assert send_with(cloud, key[1], track(user, "Late", fresh("m"))) == 401
