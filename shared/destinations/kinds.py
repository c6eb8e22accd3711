"""The kinds of destinations: here a new one joins."""

from collections.abc import Mapping

from shared.destinations.contract import Kind
from shared.destinations.partner_bus import client as partner_bus
from shared.destinations.payload import line
from shared.destinations.s3_list import client as s3_list
from shared.destinations.s3_list.mapping import wants
from shared.destinations.stream import client as stream
from shared.destinations.webhook import sending as webhook
from shared.domain.destinations import DestinationKind

KINDS: Mapping[DestinationKind, Kind] = {
    "webhook": Kind(webhook.ready, line=line),
    "stream": Kind(stream.ready, line=line),
    "partner_bus": Kind(partner_bus.ready, line=partner_bus.line),
    "s3_list": Kind(s3_list.ready, wants, {s3_list.FLUSH: s3_list.flush, s3_list.FULL: s3_list.full}, (s3_list.FLUSH,)),
}
