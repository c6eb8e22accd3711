"""Secrets in CloudFormation: `Ref` is the ARN, so that a grant names the secret it is for."""

from typing import Any

from local.emulator.patches.handlers import HANDLERS, Properties, change

SUFFIX_LENGTH = len("-a1b2c3")


def refer_to_secrets_by_arn() -> None:
    """Gap: `Ref` of a secret gives its name; `grant_read` then allows a resource that isn't an ARN."""
    secret = HANDLERS["AWS::SecretsManager::Secret"]
    create, update, delete = secret["create"], secret["update"], secret["delete"]

    def create_by_arn(logical_id: str, properties: Properties, stack: str) -> Any:
        _, attributes = create(logical_id, properties, stack)
        return attributes["Arn"], attributes

    def update_by_arn(arn: str, old: Properties, new: Properties, *rest: Any) -> Any:
        _, attributes = update(_name(arn), old, new, *rest)
        return attributes["Arn"], attributes

    def delete_by_arn(arn: str, properties: Properties) -> None:
        delete(_name(arn), properties)

    change("AWS::SecretsManager::Secret", create=create_by_arn, update=update_by_arn, delete=delete_by_arn)


def _name(arn: str) -> str:
    return arn.split(":secret:", 1)[1][:-SUFFIX_LENGTH]
