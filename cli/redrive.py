"""Takes a time range of the arrival log again, for when a stream or a function was gone for longer than its records."""

from datetime import datetime
from itertools import takewhile

from cli.deployment import Deployment
from shared.aws import clients
from shared.aws.queues import send_messages
from shared.contracts.queues import StoreRetry
from shared.domain.times import to_text


def logged_objects(deployed: Deployment, first: datetime, last: datetime) -> list[str]:
    """Keys of the log's objects that arrived in the hours from `first` to `last`, both included."""
    pages = clients.s3().get_paginator("list_objects_v2")
    listed = pages.paginate(Bucket=deployed.log_bucket, Prefix="log/", StartAfter=_hour(first))
    keys = (entry["Key"] for page in listed for entry in page.get("Contents", []))
    end = _hour(last)
    return list(takewhile(lambda key: key[: len(end)] <= end, keys))


def send(deployed: Deployment, objects: list[str], republish_from: datetime) -> int:
    """Ask store_events to take the objects again; the number of messages."""
    since = to_text(republish_from)
    send_messages(
        deployed.store_retries_url, [StoreRetry(object=key, republish_from=since).model_dump_json() for key in objects]
    )
    return len(objects)


def _hour(moment: datetime) -> str:
    """What the keys of an hour begin with. Keys sort by time, so a range is read without asking for each hour."""
    day, _, time = to_text(moment).partition("T")
    return f"log/{day.replace('-', '/')}/{time[:2]}/"
