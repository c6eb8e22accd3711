"""EventBridge archives in CloudFormation."""

import json
from typing import Any

from ministack.services import eventbridge

from local.emulator.patches.handlers import Properties, change, physical_name

LONGEST_NAME = 48


def archive_events_from_cloudformation() -> None:
    """Gap: a stack with an `AWS::Events::Archive` is refused, although the emulator can archive and replay."""

    def create(logical_id: str, properties: Properties, stack: str) -> Any:
        name = properties.get("ArchiveName") or physical_name(stack, logical_id, max_len=LONGEST_NAME)
        made = _accepted(eventbridge._create_archive(_request(name, properties)))
        return name, {"Arn": made["ArchiveArn"], "ArchiveName": name}

    def update(name: str, _old: Properties, new: Properties, _stack: str) -> Any:
        changed = _accepted(eventbridge._update_archive(_request(name, new)))
        return name, {"Arn": changed["ArchiveArn"], "ArchiveName": name}

    def delete(name: str, _properties: Properties) -> None:
        _accepted(eventbridge._delete_archive({"ArchiveName": name}))

    change("AWS::Events::Archive", create=create, update=update, delete=delete)


def _request(name: str, properties: Properties) -> Properties:
    request = {key: value for key, value in properties.items() if key != "SourceArn"}
    request |= {"ArchiveName": name, "EventSourceArn": properties["SourceArn"]}
    if isinstance(request.get("EventPattern"), dict):
        request["EventPattern"] = json.dumps(request["EventPattern"])
    return request


def _accepted(response: tuple[int, Any, bytes]) -> dict[str, Any]:
    status, _, body = response
    if status >= 400:
        raise ValueError(f"The archive was refused: {json.loads(body)}")
    answer: dict[str, Any] = json.loads(body or b"{}")
    return answer
