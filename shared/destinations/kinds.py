"""The kinds of destinations: here a new one joins."""

from collections.abc import Mapping

from shared.destinations.contract import Kind
from shared.destinations.stream import client as stream
from shared.destinations.webhook import sending as webhook
from shared.domain.destinations import DestinationKind

KINDS: Mapping[DestinationKind, Kind] = {
    "webhook": Kind(webhook.ready),
    "stream": Kind(stream.ready),
}
