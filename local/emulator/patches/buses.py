"""Buses of other accounts: events reach them, and with `--iam` their own policies are heeded."""

import json
from typing import Any

from ministack import app
from ministack.core import iam_evaluator
from ministack.core.arn import Arn, ArnParseError, parse_arn
from ministack.core.responses import get_account_id, get_region, set_request_account_id, set_request_region
from ministack.services import eventbridge

from local.emulator.patches.handlers import Properties, change

Entry = dict[str, Any]
PUT = "events:PutEvents"


def put_events_on_buses_of_other_accounts() -> None:
    """Gap: an entry for the bus of another account fails as if there were none, whatever the bus allows."""
    put_here = eventbridge._put_events

    def put(data: Properties, *arguments: Any, **options: Any) -> Any:
        entries = data.get("Entries", [])
        places = [_elsewhere(entry) for entry in entries]
        if not any(places):
            return put_here(data, *arguments, **options)
        results = []
        for entry, place in zip(entries, places, strict=True):
            if place:
                results.append(_put(entry, place))
            else:
                results += json.loads(put_here({"Entries": [entry]}, *arguments, **options)[2])["Entries"]
        failed = sum("ErrorCode" in result for result in results)
        return eventbridge.json_response({"FailedEntryCount": failed, "Entries": results})

    eventbridge._put_events = put


def keep_policies_of_buses() -> None:
    """Gap: a stack with an `AWS::Events::EventBusPolicy` is refused."""

    def create(logical_id: str, properties: Properties, stack: str) -> Any:
        name = f"{stack}-{logical_id}"
        _keep(properties)
        return name, {}

    def update(name: str, old: Properties, new: Properties, _stack: str) -> Any:
        _drop(old)
        _keep(new)
        return name, {}

    def delete(_name: str, properties: Properties) -> None:
        _drop(properties)

    change("AWS::Events::EventBusPolicy", create=create, update=update, delete=delete)


def _elsewhere(entry: Entry) -> Arn | None:
    """The bus, where it is one of another account or region."""
    try:
        spec = parse_arn(entry.get("EventBusName", ""))
    except (ArnParseError, AttributeError):
        return None
    is_here = (spec.account_id, spec.region) == (get_account_id(), get_region())
    return spec if spec.service == "events" and not is_here else None


def _put(entry: Entry, bus: Arn) -> Entry:
    """As the account of the bus, with who sent it on the event."""
    caller, account, region = iam_evaluator.caller_arn(), get_account_id(), get_region()
    set_request_account_id(bus.account_id)
    set_request_region(bus.region)
    try:
        name = bus.resource.removeprefix("event-bus/")
        if name not in eventbridge._event_buses:
            return {"ErrorCode": "ResourceNotFoundException", "ErrorMessage": f"Event bus {name} does not exist."}
        if app.AUTH and not _allows(name, entry, caller, account):
            return {"ErrorCode": "AccessDeniedException", "ErrorMessage": f"{caller} may not put events on {name}."}
        event = {
            "EventId": eventbridge.new_uuid(),
            "Source": entry.get("Source", ""),
            "DetailType": entry.get("DetailType", ""),
            "Detail": entry.get("Detail", "{}"),
            "EventBusName": name,
            "Time": int(eventbridge._now_ts()),
            "Resources": entry.get("Resources", []),
            "Account": account,
            "Region": region,
        }
        eventbridge._events_log_list().append(event)
        eventbridge._dispatch_event(event)
        eventbridge._archive_event(event)
        return {"EventId": event["EventId"]}
    finally:
        set_request_account_id(account)
        set_request_region(region)


def _allows(name: str, entry: Entry, caller: str, account: str) -> bool:
    context = iam_evaluator.EvalContext(
        principal_arn=_named(caller),
        principal_type="AssumedRole",
        principal_account=account,
        action=PUT,
        resource_arn=_arn(name),
        region=get_region(),
        service_context={"events:source": entry.get("Source"), "events:detail-type": entry.get("DetailType")},
    )
    policy = eventbridge._event_bus_policies.get(name)
    return bool(iam_evaluator.resource_policy_allows(policy, context, same_account=False))


def _named(caller: str) -> str:
    """As `aws:PrincipalArn` names a session of a role: by the role."""
    if ":assumed-role/" not in caller:
        return caller
    return caller.replace(":sts:", ":iam:").replace(":assumed-role/", ":role/").rsplit("/", 1)[0]


def _keep(properties: Properties) -> None:
    name = properties.get("EventBusName", "default")
    statement = properties.get("Statement") or {
        "Effect": "Allow",
        "Action": properties.get("Action", PUT),
        "Principal": _principal(properties.get("Principal", "*")),
        "Resource": _arn(name),
    }
    if isinstance(statement, str):
        statement = json.loads(statement)
    kept = eventbridge._event_bus_policies.get(name) or {"Version": "2012-10-17", "Statement": []}
    kept["Statement"].append({**statement, "Sid": properties["StatementId"]})
    eventbridge._event_bus_policies[name] = kept


def _drop(properties: Properties) -> None:
    eventbridge._remove_permission(
        {"EventBusName": properties.get("EventBusName", "default"), "StatementId": properties["StatementId"]}
    )


def _principal(account: str) -> Any:
    return account if account == "*" else {"AWS": f"arn:aws:iam::{account}:root"}


def _arn(name: str) -> str:
    return f"arn:aws:events:{get_region()}:{get_account_id()}:event-bus/{name}"
