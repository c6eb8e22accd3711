"""Sends with a published Python SDK: `python_sdk.py MODULE`, its orders as one line of JSON on standard input."""

import importlib
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

SNAKE = {
    "userId": "user_id",
    "anonymousId": "anonymous_id",
    "groupId": "group_id",
    "previousId": "previous_id",
}


def send(make_client: Any, order: dict[str, Any]) -> list[str]:
    """Each round is flushed before the next begins. What the SDK reports as lost."""
    errors: list[str] = []
    client = make_client(order["writeKey"], host=order["host"], on_error=lambda error, _: errors.append(str(error)))
    for calls in order["rounds"]:
        for call in calls:
            arguments = {SNAKE.get(name, name): value for name, value in call.items() if name != "type"}
            getattr(client, call["type"])(**arguments)
        client.flush()
    client.shutdown()
    return errors


def main() -> None:
    make_client = importlib.import_module(sys.argv[1]).Client
    orders = json.loads(sys.stdin.readline())
    with ThreadPoolExecutor(len(orders)) as pool:
        print(json.dumps(list(pool.map(lambda order: send(make_client, order), orders))))


if __name__ == "__main__":
    main()
