"""The table of CloudFormation resource handlers that several patches change."""

from collections.abc import Callable
from typing import Any

from ministack.services.cloudformation import provisioners

Properties = dict[str, Any]
Handler = dict[str, Any]
"""`create(logical id, properties, stack)`, `update(physical id, old, new, stack[, logical id])` and
`delete(physical id, properties)`; the first two return (physical id, attributes)."""

HANDLERS: dict[str, Handler] = provisioners._RESOURCE_HANDLERS
physical_name: Callable[..., str] = provisioners._physical_name


def change(resource_type: str, **functions: Any) -> None:
    HANDLERS[resource_type] = {**HANDLERS.get(resource_type, {}), **functions}
