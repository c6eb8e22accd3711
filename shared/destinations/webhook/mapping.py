"""What a webhook is sent: a fact in the Standard Webhooks form, signed."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from shared.destinations.contract import Parcel
from shared.destinations.payload import payload
from shared.domain.standard_webhooks import signed_headers


def request_of(parcel: Parcel, secrets: Sequence[str], now: datetime) -> tuple[bytes, Mapping[str, str]]:
    """Body and headers of the POST."""
    body = payload(parcel)
    signed = signed_headers(secrets, parcel.id, int(now.timestamp()), body)
    return body, {"Content-Type": "application/json", "User-Agent": "Jogakbo/1", **signed}
