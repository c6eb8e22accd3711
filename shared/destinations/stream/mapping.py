"""What a queue or stream of the company is sent: the message that a webhook gets, with its kind and id beside it."""

from typing import NamedTuple

from shared.contracts.bus import about as whose
from shared.destinations.contract import Parcel
from shared.destinations.payload import event_type, payload


class Where(NamedTuple):
    """`name` is the queue's or the stream's."""

    service: str
    region: str
    account: str
    name: str


def where(arn: str) -> Where:
    _, _, service, region, account, name = arn.split(":", 5)
    return Where(service, region, account, name.removeprefix("stream/"))


def message_of(parcel: Parcel) -> tuple[str, str, dict[str, str]]:
    """The body, whose it is (facts of one person share a shard), and what consumers can tell without reading it."""
    about = {"id": parcel.id, "type": event_type(parcel.detail_type), "destination": parcel.destination.id}
    return payload(parcel).decode(), whose(parcel.fact) or parcel.destination.id, about
