"""Step Functions for component tests: moto's needs packages of its own. Executions are only noted."""

import json
from types import SimpleNamespace
from typing import Any


class FakeStepFunctions:
    """`started` are the inputs of executions by name."""

    class ExecutionAlreadyExistsError(Exception):
        """As the service says it."""

    def __init__(self) -> None:
        self.started: dict[str, dict[str, Any]] = {}
        self.exceptions = SimpleNamespace(ExecutionAlreadyExists=self.ExecutionAlreadyExistsError)

    def get_paginator(self, _: str) -> Any:
        """The one state machine, of any stage that is asked for."""
        names = ("dev", "test", "local")
        machines = [{"name": f"jogakbo-{stage}-requests", "stateMachineArn": f"arn:{stage}"} for stage in names]
        return SimpleNamespace(paginate=lambda: [{"stateMachines": machines}])

    def start_execution(self, **request: Any) -> dict[str, Any]:
        if request["name"] in self.started:
            raise self.ExecutionAlreadyExistsError
        self.started[request["name"]] = json.loads(request["input"])
        return {}
