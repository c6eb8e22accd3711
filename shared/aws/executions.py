"""Executions of state machines, each started once by its name."""

import json
from collections.abc import Mapping
from typing import Any

from shared.aws.clients import step_functions


def start_execution(state_machine: str, name: str, content: Mapping[str, Any]) -> None:
    """Start one; a name that was used before is that execution, whatever became of it. The content holds ids alone."""
    try:
        step_functions().start_execution(stateMachineArn=state_machine, name=name, input=json.dumps(content))
    except step_functions().exceptions.ExecutionAlreadyExists:
        return
