"""DynamoDB tables: time to live from CloudFormation, updates that keep the items, PartiQL inserts on the stream."""

import json
from typing import Any

from ministack.services import dynamodb

from local.emulator.patches.handlers import HANDLERS, Properties, change

TABLE_TYPES = ("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable")


def apply_time_to_live() -> None:
    """Gap: `TimeToLiveSpecification` is ignored, at creation and on update."""
    for resource_type in TABLE_TYPES:
        _apply_time_to_live_to(resource_type)


def _apply_time_to_live_to(resource_type: str) -> None:
    create, update = HANDLERS[resource_type]["create"], HANDLERS[resource_type]["update"]

    def create_with_ttl(logical_id: str, properties: Properties, stack: str) -> Any:
        name, attributes = create(logical_id, properties, stack)
        _set_time_to_live(name, None, properties.get("TimeToLiveSpecification"))
        return name, attributes

    def update_with_ttl(physical_id: str, old: Properties, new: Properties, *rest: Any) -> Any:
        name, attributes = update(physical_id, old, new, *rest)
        _set_time_to_live(name, old.get("TimeToLiveSpecification"), new.get("TimeToLiveSpecification"))
        return name, attributes

    change(resource_type, create=create_with_ttl, update=update_with_ttl)


def _set_time_to_live(table: str, old: Properties | None, new: Properties | None) -> None:
    if new == old:
        return
    specification = new or {**(old or {}), "Enabled": False}
    status, _, body = dynamodb._update_ttl({"TableName": table, "TimeToLiveSpecification": specification})
    if status >= 400:
        raise ValueError(f"Time to live of {table} was refused: {json.loads(body)}")


def update_global_tables_in_place() -> None:
    """Gap: an update of an unnamed GlobalTable (CDK's TableV2) replaces it by an empty one."""
    update = HANDLERS["AWS::DynamoDB::GlobalTable"]["update"]

    def update_in_place(physical_id: str, old: Properties, new: Properties, *rest: Any) -> Any:
        return update(physical_id, old, {**new, "TableName": physical_id}, *rest)

    change("AWS::DynamoDB::GlobalTable", update=update_in_place)


def put_partiql_inserts_on_the_stream() -> None:
    """Gap: a PartiQL INSERT, in a batch or alone, writes no stream record."""
    insert = dynamodb._partiql_insert

    def insert_and_tell(table: dict[str, Any], parsed: dict[str, Any]) -> Any:
        response = insert(table, parsed)
        if response[0] == 200:
            item = parsed["item"]
            plain = item["M"] if set(item) == {"M"} else item
            dynamodb._emit_stream_event(table["TableName"], "INSERT", None, plain)
        return response

    dynamodb._partiql_insert = insert_and_tell
