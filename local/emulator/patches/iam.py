"""IAM enforcement (`--iam`): a plain connection counts as encrypted; PartiQL and SQS batches are named as AWS does."""

import json
from typing import Any

from ministack import app
from ministack.core import iam_actions
from ministack.services import dynamodb

Check = tuple[str, str]
STATEMENT_CALLS = ("dynamodb:ExecuteStatement", "dynamodb:BatchExecuteStatement")
STATEMENT_ACTIONS = {
    "DELETE": "dynamodb:PartiQLDelete",
    "INSERT": "dynamodb:PartiQLInsert",
    "SELECT": "dynamodb:PartiQLSelect",
    "UPDATE": "dynamodb:PartiQLUpdate",
}


def take_every_request_for_encrypted() -> None:
    """Gap: the emulator is spoken to without TLS, so a policy that denies `aws:SecureTransport: false` (CDK's
    `enforce_ssl`) would deny everything. This machine is the whole network."""
    pin = app.pin_request_origin

    def pin_as_encrypted(address: str, _encrypted: bool) -> None:
        pin(address, True)

    app.pin_request_origin = pin_as_encrypted


def check_partiql_statements_one_by_one() -> None:
    """Gap: a role needs `dynamodb:BatchExecuteStatement`, which is no IAM action; AWS asks for `PartiQLInsert` and
    its like on the table of each statement."""
    checks_of_transaction = iam_actions.dynamodb_transaction_checks

    def checks(action: str, body: bytes, region: str, account: str) -> list[Check]:
        if action not in STATEMENT_CALLS:
            found: list[Check] = checks_of_transaction(action, body, region, account)
            return found
        request = json.loads(body)
        statements = request.get("Statements") or [request]
        return [_check(statement, region, account) for statement in statements]

    iam_actions.dynamodb_transaction_checks = checks


def name_batches_of_messages_by_their_single_action() -> None:
    """Gap: a role needs `sqs:SendMessageBatch`, which is no IAM action; AWS asks for `SendMessage` and its like."""
    named = iam_actions.extract_iam_action

    def action(*arguments: Any) -> str | None:
        found: str | None = named(*arguments)
        return found.removesuffix("Batch") if found and found.startswith("sqs:") else found

    iam_actions.extract_iam_action = action


def _check(statement: dict[str, Any], region: str, account: str) -> Check:
    """A statement that can't be read passes as a read of a table that no role is granted."""
    try:
        parsed = dynamodb._parse_partiql(statement["Statement"], statement.get("Parameters", []))
    except ValueError:
        return STATEMENT_ACTIONS["SELECT"], iam_actions._dynamodb_table_arn("unreadable", region, account)
    return STATEMENT_ACTIONS[parsed["op"]], iam_actions._dynamodb_table_arn(parsed["table"], region, account)
