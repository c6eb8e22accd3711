"""Resource types the emulator can't do anything with, named so that a stack that has them deploys."""

from typing import Any

from local.emulator.patches.handlers import HANDLERS, Properties, change

WITHOUT_AN_EFFECT_HERE = (
    "AWS::Budgets::Budget",
    "AWS::CloudWatch::CompositeAlarm",
    "AWS::Logs::QueryDefinition",
)


def accept_types_without_an_effect_here() -> None:
    """Gap: a stack with one of these types is refused whole as "Unrecognized resource types"."""
    for resource_type in WITHOUT_AN_EFFECT_HERE:
        if resource_type in HANDLERS:
            raise RuntimeError(f"ministack knows {resource_type} by now: remove it from the placeholders")
        change(resource_type, create=_create, update=_update, delete=_delete)


def _create(logical_id: str, _properties: Properties, stack: str) -> Any:
    name = f"{stack}-{logical_id}"
    return name, {"Arn": f"arn:aws:placeholder:::{name}"}


def _update(name: str, _old: Properties, _new: Properties, _stack: str) -> Any:
    return name, {"Arn": f"arn:aws:placeholder:::{name}"}


def _delete(_name: str, _properties: Properties) -> None:
    return None
