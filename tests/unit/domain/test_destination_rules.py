"""What is refused of a destination when it is saved, kind by kind, with the field."""

from typing import Any

import pytest

from shared.domain.destination_rules import LIST_NEEDS, flaws
from shared.domain.destinations import Destination, ListSettings, PartnerSettings, PayloadField, StreamSettings
from shared.domain.partners import NEEDED

QUEUE = "arn:aws:sqs:eu-west-1:111122223333:facts"
STREAM = "arn:aws:kinesis:eu-west-1:111122223333:stream/facts"
WEBHOOK: dict[str, Any] = {"url": "https://hooks.example.com/", "detail_types": ("Segment Entered",)}
BUS = "arn:aws:events:ap-northeast-2:222222222222:event-bus/jogakbo"
PARTNER: dict[str, Any] = {
    "kind": "partner_bus",
    "partner_bus": PartnerSettings(BUS, "email"),
    "detail_types": ("Segment Entered", *NEEDED),
    "identifiers": ("email",),
}
LIST: dict[str, Any] = {
    "kind": "s3_list",
    "s3_list": ListSettings("vip"),
    "detail_types": LIST_NEEDS,
    "identifiers": ("email",),
}


def of_stream(arn: str = QUEUE, **rest: Any) -> dict[str, Any]:
    return {"kind": "stream", "stream": StreamSettings(arn), "detail_types": ("Segment Entered",), **rest}


@pytest.mark.parametrize("said", [WEBHOOK, of_stream(), of_stream(STREAM), LIST, PARTNER])
def test_a_destination_of_each_kind_is_taken(said: dict[str, Any]) -> None:
    assert [*flaws(Destination("d", "d", **said))] == []


def test_declared_fields_are_taken_where_the_destination_may_get_what_they_name() -> None:
    fields = (
        PayloadField("em", "identifiers.email", "sha256"),
        PayloadField("segment", "data.segment"),
        PayloadField("n", "metadata.sequence"),
    )
    assert [*flaws(Destination("d", "d", **WEBHOOK, identifiers=("email",), fields=fields))] == []


@pytest.mark.parametrize(
    ("said", "field"),
    [
        (WEBHOOK | {"identifiers": ("email", "이메일")}, "identifiers.1"),
        (WEBHOOK | {"facts_per_second": -1}, "facts_per_second"),
        (LIST | {"facts_per_second": 1}, "facts_per_second"),
        (WEBHOOK | {"url": ""}, "url"),
        (WEBHOOK | {"detail_types": ()}, "detail_types"),
        (WEBHOOK | {"detail_types": ("Rumour",)}, "detail_types.0"),
        (WEBHOOK | {"stream": StreamSettings(QUEUE)}, "stream"),
        (of_stream(url="https://hooks.example.com/"), "url"),
        ({"kind": "stream", "detail_types": ("Segment Entered",)}, "stream"),
        (of_stream(f"{QUEUE}.fifo"), "stream.arn"),
        (of_stream("arn:aws:sqs:eu-west-1:111122223333:stream/facts"), "stream.arn"),
        (of_stream("arn:aws:kinesis:eu-west-1:111122223333:facts"), "stream.arn"),
        (of_stream("arn:aws:s3:::bucket"), "stream.arn"),
        (WEBHOOK | {"fields": (PayloadField("em", "identifiers.email"),)}, "fields.0.source"),
        (WEBHOOK | {"fields": (PayloadField("x", "salary"),)}, "fields.0.source"),
        (WEBHOOK | {"fields": (PayloadField("x", "data.a"), PayloadField("x", "data.b"))}, "fields.1.name"),
        (LIST | {"detail_types": LIST_NEEDS[:-1]}, "detail_types"),
        (LIST | {"detail_types": (*LIST_NEEDS, "Traits Changed")}, "detail_types.5"),
        (LIST | {"identifiers": ()}, "identifiers"),
        (PARTNER | {"partner_bus": PartnerSettings(BUS.replace("222222222222", "22"))}, "partner_bus.bus"),
        (PARTNER | {"partner_bus": PartnerSettings(f"{BUS}*")}, "partner_bus.bus"),
        (PARTNER | {"identifiers": ()}, "partner_bus.known_by"),
        (PARTNER | {"detail_types": ("Segment Entered", *NEEDED[1:])}, "detail_types"),
        (PARTNER | {"fields": (PayloadField("em", "identifiers.email"),)}, "fields"),
        (LIST | {"s3_list": ListSettings("vip", most_facts=0)}, "s3_list.most_facts"),
        (LIST | {"s3_list": ListSettings("vip", most_seconds=3600)}, "s3_list.most_seconds"),
        (LIST | {"fields": (PayloadField("Email", "identifiers.email"),)}, "fields.0.hash"),
        (LIST | {"traits": ("city",), "fields": (PayloadField("City", "traits.city"),)}, "fields.0.source"),
    ],
)
def test_what_a_destination_can_not_be_is_named_by_its_field(said: dict[str, Any], field: str) -> None:
    assert field in [flaw.field for flaw in flaws(Destination("d", "d", **said))]
